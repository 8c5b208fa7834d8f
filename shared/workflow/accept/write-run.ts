import type { AuditFacts } from "../../evidence/audit.ts";
import { askedFor, awaiting, type Person } from "../../ledger/run/approval.ts";
import { gateFor, placed, waveOf, withGated, type GatePolicy } from "../../ledger/run/gate.ts";
import { folding } from "../../ledger/sequence/intake.ts";
import { owing, withTargets } from "../../ledger/outbox/notice.ts";
import {
  CHANGES_MAX,
  CHARACTERS_MAX,
  charactersOf,
  insertion,
  type RowChange,
} from "../../ledger/sequence/rows.ts";
import { withSequences, type RunRecord } from "../../ledger/run/run.ts";
import { runChanges } from "../../ledger/run/run-changes.ts";
import { SetAside } from "../../ledger/row/set-aside.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { noticesOfAccepting, noticesOfPlan } from "../../ledger/outbox/run-notices.ts";
import type { OverCap } from "../../access/caps.ts";
import { joiningTarget } from "../../callback/targets.ts";
import type { Ports } from "../../ports.ts";
import { auditedRun } from "../../store/audit.ts";
import { countingLedger, type CountingPorts } from "./counting-ledger.ts";
import type { NewMachines } from "./daily-counts.ts";
import { findRows, type Found } from "./find-rows.ts";
import { AGAIN, persistent, transact } from "../../store/transact.ts";
import { applyGateOf } from "../../store/apply-gates.ts";

/** A run to write, with everything that belongs to it. */
export interface RunToWrite {
  readonly run: RunRecord;
  readonly sequences: readonly SequenceRecord[];
  /** True if its new sequences go into intake rows; false if they get their own rows. */
  readonly isPlanned: boolean;
  readonly key: { readonly key: string; readonly body: unknown } | null;
  /** For whom the machines are counted, and against which caps; null counts nothing. */
  readonly counting: Pick<NewMachines, "caps" | "caller"> | null;
  /** The policy that lets its sequences go; null lets all of them go. */
  readonly policy: GatePolicy | null;
  /** Who asks, and how long sequences wait for an approval. */
  readonly asking: Person & { readonly untilMs: number };
  /**
   * The record for the log of the run, written once with the first rows; it gets the number of new
   * sequences.
   */
  readonly factOf: (added: number) => AuditFacts;
  /** A row that must be as it was read, if anything is new; null for none. */
  readonly guard: Extract<RowChange, { op: "replace" }> | null;
}

export type Written =
  | {
      readonly kind: "written";
      readonly run: RunRecord;
      /** Sequences that are new with this request. */
      readonly added: readonly SequenceRecord[];
      /** All that existed before, by id. */
      readonly known: ReadonlyMap<string, SequenceRecord>;
    }
  | { readonly kind: "keyTaken" }
  /** The row that guards it has changed; nothing was written. */
  | { readonly kind: "guardLost" }
  /** Another team has a run with this id; nothing was written. */
  | { readonly kind: "ofAnotherTeam" }
  /** The run has no place for the callbacks; nothing was written. */
  | { readonly kind: "tooManyCallbacks"; readonly there: number; readonly asked: number }
  /** One transaction takes fewer; nothing was written. */
  | { readonly kind: "tooLarge"; readonly asked: number }
  /** Nothing was written. */
  | ({ readonly kind: "overCap" } & OverCap)
  /** The counts cannot be read, so nothing was written. */
  | { readonly kind: "setAside"; readonly aside: SetAside };

type WritePorts = CountingPorts & Pick<Ports, "clock" | "random" | "log">;

/**
 * Writes the run and its new sequences in one transaction: all of an incident is written, or
 * nothing. The counts are in the same transaction, so that nothing is written beyond a cap.
 */
export async function writeRun(ports: WritePorts, toWrite: RunToWrite): Promise<Written> {
  const { run, key, guard } = toWrite;
  // Most incidents are new, so it tries to write before it reads anything.
  let found: Found = { stored: null, missing: toWrite.sequences, known: new Map() };
  let tries = 0;
  const counting = countingLedger(ports);
  const store = { ...ports, ledger: counting.ledger };
  return await transact(store, persistent(`run ${run.runId}`), async (tx) => {
    tries += 1;
    if (key !== null && tx.lost?.key === key.key) return { kind: "keyTaken" };
    if (guard !== null && tx.lost?.key === guard.key) return { kind: "guardLost" };
    // It may already be in the ledger, so that is read before a cap or the size refuses it.
    const uncounted = counting.uncounted();
    if (uncounted !== null && tries > 2) {
      return uncounted instanceof SetAside ? { kind: "setAside", aside: uncounted } : uncounted;
    }
    if (tries > 1) {
      const there = await findWithoutGrant(ports, toWrite);
      if (there === null) return { kind: "ofAnotherTeam" };
      found = there;
    }
    const plan = planned(toWrite, found, ports.clock.earliest());
    if (plan.kind === "tooManyCallbacks") return plan;
    const { changes, machines, written } = plan;
    // Nothing is new, perhaps because the same request came twice at once.
    const isTaken = changes.length === 0 && key !== null && (await tx.read(key.key)) !== null;
    if (isTaken) return { kind: "keyTaken" };
    if (!fits(changes)) {
      return tries === 1 ? AGAIN : { kind: "tooLarge", asked: written.added.length };
    }
    counting.count(machines);
    tx.stage(changes);
    return written;
  });
}

/**
 * What exists; null if the run belongs to another team. Approved sequences have been moved before,
 * because what joins would end their approval.
 */
async function findWithoutGrant(ports: WritePorts, toWrite: RunToWrite): Promise<Found | null> {
  const { runId } = toWrite.run;
  const found = await findRows(ports.ledger, runId, toWrite);
  if (found !== null && losesGrant(found) && (await applyGateOf(ports, runId)) > 0) {
    return await findRows(ports.ledger, runId, toWrite);
  }
  return found;
}

interface Planned {
  readonly kind: "planned";
  readonly changes: readonly RowChange[];
  readonly machines: NewMachines | null;
  readonly written: Extract<Written, { kind: "written" }>;
}

/** The changes that are missing in the ledger; none if all of it exists. */
function planned(
  { run, isPlanned, key, factOf, policy, asking, counting, guard }: RunToWrite,
  found: Found,
  nowMs: number,
): Planned | Extract<Written, { kind: "tooManyCallbacks" }> {
  const { stored, known } = found;
  const current: RunRecord | null = stored?.value ?? null;
  const { gate, sequences } = inWaves(found, policy);
  const approval = approvalOf(found, asking);
  const added = sequences.map((each) => placed(each, { gate, approval }));
  const before = current ?? run;
  const joining = run.callbacks.map((each) => joiningTarget(each, before));
  const there = current?.callbacks ?? [];
  const callbacks = withTargets(there, joining);
  if (callbacks === null) {
    const known = new Set(there.map(({ targetId }) => targetId));
    const asked = joining.filter(({ targetId }) => !known.has(targetId)).length;
    return { kind: "tooManyCallbacks", there: there.length, asked };
  }
  const isJoined = callbacks.length > there.length;
  // A request that brings nothing new leaves no row, not even its key. Else a caller could fill the
  // ledger with new keys for one incident.
  if (current !== null && added.length === 0 && !isJoined) {
    const written = { kind: "written", run: current, added, known } as const;
    return { kind: "planned", changes: [], machines: null, written };
  }
  const grown = withSequences({ ...before, callbacks, approval }, added);
  const { run: body, rows } = auditedRun({ ...grown, gate: withGated(gate, added) }, [
    factOf(added.length),
  ]);
  const changes: RowChange[] = [
    ...runChanges(stored, body),
    ...(guard === null ? [] : [guard]),
    ...(key === null ? [] : [{ op: "insert", ...key } satisfies RowChange]),
    ...(isPlanned
      ? folding(run.runId, before.accepted, added, nowMs)
      : added.flatMap((each) => insertion(each))),
    ...rows,
    ...owing(noticesOfAccepting(current, body, nowMs)),
    ...owing(noticesOfPlan(body, { known: [...known.values()], added }, nowMs)),
  ];
  const machines =
    counting === null || added.length === 0
      ? null
      : { ...counting, ofIncident: before.accepted, asked: added.length };
  const written = { kind: "written", run: body, added, known } as const;
  return { kind: "planned", changes, machines, written };
}

/** Leaves room for the counts of the day. */
function fits(changes: readonly RowChange[]): boolean {
  return changes.length < CHANGES_MAX && charactersOf(changes) <= CHARACTERS_MAX;
}

/** Decides which of the new sequences wait for a first wave. */
function inWaves(
  { stored, missing }: Found,
  policy: GatePolicy | null,
): { gate: RunRecord["gate"]; sequences: readonly SequenceRecord[] } {
  const { gate, free } = gateFor(stored?.value.gate ?? null, missing.length, policy);
  const sequences = missing.map((each, index) => ({ ...each, wave: waveOf(gate, index < free) }));
  return { gate, sequences };
}

/** If new sequences need an approval, everything that waits for one becomes another plan. */
function approvalOf(
  { stored, missing }: Found,
  { by, objectId, untilMs }: RunToWrite["asking"],
): RunRecord["approval"] {
  const current = stored?.value.approval ?? null;
  const needed = Math.max(0, ...missing.map(({ approvals }) => approvals.needed));
  return needed === 0 ? current : askedFor(current, needed, { by, objectId }, untilMs);
}

/**
 * True if new sequences need an approval and approved ones have not been moved yet. What joins
 * makes another plan of everything that waits, and they would need a new approval. So they are
 * moved first.
 */
function losesGrant({ stored, missing, known }: Found): boolean {
  const isGranted = (stored?.value.approval?.granted ?? null) !== null;
  const isAskedAnew = missing.some(({ approvals }) => approvals.needed > 0);
  return isGranted && isAskedAnew && awaiting([...known.values()]).length > 0;
}
