import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";
import { recordsIn } from "./intake-judge.ts";
import { approvalsFor } from "./profiles.ts";

/** A person by the caller's name it uses; two names with one `objectId` are one person. */
export interface Person {
  readonly by: string;
  readonly objectId: string | null;
}

/** What somebody was shown, and asks to approve. */
interface Seen {
  readonly planHash: string;
  readonly sequenceIds: readonly string[];
}

/**
 * Remembers who asked to approve which plan, as it was shown to them, and looks at every claim
 * whether that was enough for it.
 */
export interface ApprovalJudge {
  committed(changes: readonly RowChange[]): void;
  approving(runId: string, who: Person, seen: Seen): void;
  /** True while something of the run waits to be approved. */
  isAwaited(runId: string): boolean;
}

interface Asked {
  readonly who: string;
  readonly atMs: number;
  readonly planHash: string;
  readonly sequenceIds: ReadonlySet<string>;
}

interface Known {
  readonly asked: Asked[];
  readonly granted: Set<string>;
  readonly members: Map<string, SequenceRecord>;
  /** Those of them that wait for an approval. */
  readonly waiting: Map<string, SequenceRecord>;
  readonly notes: Set<string>;
  joinedAtMs: number;
  said: Said | null;
}

/** What of the scenario decides how long an approval may take, and whether one may be lost. */
interface Facts {
  readonly approvalMs: number;
  readonly slackMs: number;
  readonly versions: { readonly odd: readonly { readonly kind: string }[] };
}

/** What the row of a run says of approvals. */
interface Said {
  readonly expiresAtMs: number;
  readonly granted: string | null;
}

/** Who sends most incidents here; whoever asks for a thing may not approve it. */
export const REQUESTER = "soar";

/** `slackMs` is how far apart the service's clock and ours can be. */
export function createApprovalJudge(
  court: Court,
  { approvalMs, slackMs, versions }: Facts,
  nowMs: () => number,
): ApprovalJudge {
  // One that cannot be read when its run grows is not given what was approved before.
  const mayBeAside = versions.odd.some(({ kind }) => kind === "sequence!");
  const runs = new Map<string, Known>();
  const knownOf = (runId: string): Known => {
    const known: Known = runs.get(runId) ?? {
      asked: [],
      granted: new Set(),
      members: new Map(),
      waiting: new Map(),
      notes: new Set(),
      joinedAtMs: 0,
      said: null,
    };
    runs.set(runId, known);
    return known;
  };
  const takeIn = (record: SequenceRecord): void => {
    const needed = approvalsFor(record.profile.name);
    if (needed === 0) return;
    const known = knownOf(record.runId);
    const before = known.members.get(record.sequenceId);
    known.members.set(record.sequenceId, record);
    if (record.reason?.code === "approval") known.waiting.set(record.sequenceId, record);
    else known.waiting.delete(record.sequenceId);
    if (before === undefined) known.joinedAtMs = nowMs();
    else if (before.state === "waiting" && record.state === "claimed") {
      const given = mostGiven(known, record.sequenceId);
      if (given >= needed) return;
      court.fail("approved", `${record.sequenceId} is claimed with ${given} of ${needed}`);
    } else if (record.outcome?.code === "approvalExpired" && before.state === "waiting") {
      if (wasGranted(known, record) && !mayBeAside) {
        court.fail("approved", `${record.sequenceId} was approved, and ended as if it was not`);
      }
      const untilMs = Math.min(known.said?.expiresAtMs ?? 0, record.expiresAtMs);
      if (nowMs() >= untilMs - slackMs) return;
      court.fail("approved", `${record.sequenceId} had ${untilMs - nowMs()} ms to be approved`);
    }
  };
  /** What the run is told of its deadline and its plan, once all of a commit is known. */
  const hear = (runId: string, said: Said | null): void => {
    const known = knownOf(runId);
    const latestMs = known.joinedAtMs + approvalMs + slackMs;
    if (said !== null && said.expiresAtMs > latestMs) {
      court.fail("approved", `run ${runId} gives ${said.expiresAtMs - latestMs} ms too much`);
    }
    if (known.said !== null && (said?.expiresAtMs ?? 0) < known.said.expiresAtMs) {
      court.fail("approved", `run ${runId} takes time back that it has given`);
    }
    known.said = said;
    if (said?.granted !== null && said?.granted !== undefined) known.granted.add(said.granted);
  };
  const checkWaiting = (known: Known): void => {
    for (const each of known.waiting.values()) {
      if (known.notes.size > 0 || !wasGranted(known, each)) continue;
      court.fail("approved", `${each.sequenceId} was approved, and nobody is to let it go`);
    }
  };
  return {
    approving: (runId, { by, objectId }, { planHash, sequenceIds }) => {
      const known = knownOf(runId);
      const expiries = sequenceIds.map((each) => known.members.get(each)?.expiresAtMs ?? 0);
      const untilMs = Math.min(known.said?.expiresAtMs ?? 0, ...expiries);
      const isLate = nowMs() > untilMs + slackMs;
      const hasAsked = [...known.members.values()].some((each) => each.requestedBy === by);
      if (hasAsked || isLate) return;
      const seen = { planHash, sequenceIds: new Set(sequenceIds) };
      known.asked.push({ who: objectId ?? by, atMs: nowMs(), ...seen });
    },
    isAwaited: (runId) => (runs.get(runId)?.waiting.size ?? 0) > 0,
    committed: (changes) => {
      for (const change of changes) {
        if (change.key.startsWith("opening!")) {
          const { notes } = knownOf(change.key.split("!")[1] ?? "");
          if (change.op === "delete") notes.delete(change.key);
          else notes.add(change.key);
        }
        if (change.op === "delete") continue;
        const { key, body } = change;
        if (key.startsWith("intake!")) for (const each of recordsIn(body)) takeIn(each);
        if (key.startsWith("sequence!")) takeIn(Object.assign(Object({}), body));
      }
      for (const change of changes) {
        if (change.op === "delete" || !change.key.startsWith("run!")) continue;
        hear(change.key.slice("run!".length), saidIn(change.body));
      }
      for (const known of runs.values()) checkWaiting(known);
    },
  };
}

/** Of the plans that held the sequence, the one most have approved: how many different people. */
function mostGiven({ asked }: Known, sequenceId: string): number {
  const people = new Map<string, Set<string>>();
  for (const { who, planHash, sequenceIds } of asked) {
    if (!sequenceIds.has(sequenceId)) continue;
    people.set(planHash, (people.get(planHash) ?? new Set()).add(who));
  }
  return Math.max(0, ...[...people.values()].map((each) => each.size));
}

function wasGranted({ asked, granted }: Known, { sequenceId }: SequenceRecord): boolean {
  return asked.some((each) => granted.has(each.planHash) && each.sequenceIds.has(sequenceId));
}

function saidIn(run: unknown): Said | null {
  const { approval }: { approval?: Said | null } = { ...Object(run) };
  return approval ?? null;
}
