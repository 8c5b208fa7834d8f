import { judgeMachine, type MachineScope } from "../../access/machine-scope.ts";
import { machineKey, sequenceIdIn } from "../../ledger/row/keys.ts";
import { placed } from "../../ledger/run/gate.ts";
import { isUnapproved } from "../../ledger/run/approval.ts";
import type { ClaimedFiles } from "../../ledger/sequence/library-files.ts";
import { holdForLibrary } from "../../ledger/sequence/hold.ts";
import { end, expire, park } from "../../ledger/sequence/moves.ts";
import { move, type Stored } from "../../ledger/sequence/rows.ts";
import { holdsMachine, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import { owing } from "../../ledger/outbox/notice.ts";
import { noticesOfDrift } from "../../ledger/outbox/run-notices.ts";
import { judgeFiles, type FilesVerdict } from "../../limits/library/judge-files.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Ports } from "../../ports.ts";
import { opensAtMs } from "../../sweep/window.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { moveOnce } from "../../store/change-sequence.ts";
import { loadLease, loadRun, loadSequence, unchanged } from "../../store/load.ts";
import { changeRun } from "../../store/change-run.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { commitOnce, once, tryTransact } from "../../store/transact.ts";
import { lacksFacts, type Judging } from "./lacks-facts.ts";

type LoadPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** What a claim needs to decide. */
interface Going extends Judging {
  readonly budget: Budget;
  /** Sequences that it skips, because a row cannot be read. */
  readonly passedOver: Set<string>;
  /** The row that the last try to claim lost to; it may be the lease on a machine. */
  readonly lostTo: string | null;
}

/** A sequence that may go, and the library files that it goes with. */
export interface Chosen extends Stored<SequenceRecord> {
  readonly files: ClaimedFiles | null;
}

/** The records that a claim has chosen. */
interface Loaded extends Lacking {
  readonly kind: "loaded";
  /** Those that may go, one for each machine. */
  readonly chosen: readonly Chosen[];
}

/** Those that Defender has to be asked for first: none of them may go. */
export interface Lacking {
  /** About their machines. */
  readonly factless: readonly Stored<SequenceRecord>[];
  /** About the library. */
  readonly unlisted: readonly Stored<SequenceRecord>[];
}

/**
 * The records of the chosen keys. It moves sequences that cannot go to another place. If none is
 * left, the claim has to read everything again.
 */
export async function loadChosen(
  ports: LoadPorts,
  keys: readonly string[],
  going: Going,
): Promise<Loaded | { readonly kind: "again" } | { readonly kind: "passedOver" }> {
  const { passedOver } = going;
  // If one cannot be read, that is reported later, one after the other.
  const loaded = await Promise.all(
    keys.map(async (key) => await orSetAside(loadSequence(ports.ledger, sequenceIdIn(key)))),
  );
  const before = passedOver.size;
  const sorted: Sorted = { chosen: new Map(), factless: [], unlisted: [] };
  for (const [index, record] of loaded.entries()) {
    const key = keys[index] ?? "";
    const came = await unlessSetAside(ports, "setAside", async () => {
      if (record instanceof SetAside) throw record;
      // The claim that took it has also written the budget, so nothing that was read with it can be
      // claimed now.
      if (record?.value.state !== "waiting") return (await dropStray(ports, key)) ? "no" : "again";
      await sortIn(ports, record, going, sorted);
      return "sorted";
    });
    if (came === "again") return { kind: "again" };
    if (came === "setAside") passedOver.add(sequenceIdIn(key));
  }
  const { chosen, factless, unlisted } = sorted;
  if (chosen.size + factless.length + unlisted.length > 0) {
    return { kind: "loaded", chosen: [...chosen.values()], factless, unlisted };
  }
  return { kind: passedOver.size > before ? "passedOver" : "again" };
}

interface Sorted {
  readonly chosen: Map<string, Chosen>;
  readonly factless: Stored<SequenceRecord>[];
  readonly unlisted: Stored<SequenceRecord>[];
}

/** Puts a waiting sequence where it belongs; it may have to wait at another place. */
async function sortIn(
  ports: LoadPorts,
  record: Stored<SequenceRecord>,
  going: Going,
  { chosen, factless, unlisted }: Sorted,
): Promise<void> {
  const { value } = record;
  if (chosen.has(value.machineId)) return;
  if (lacksFacts(value, going, ports.clock.earliest())) {
    factless.push(record);
    return;
  }
  if (await movedAside(ports, record, going)) return;
  const nowMs = ports.clock.latest();
  const verdict = judgeFiles(going.budget.library, value, going.library, nowMs);
  if (verdict.kind === "unlisted") unlisted.push(record);
  else if (verdict.kind === "held") await holdBack(ports, record, verdict);
  else chosen.set(value.machineId, { ...record, files: verdict.files });
}

/**
 * A ready row whose sequence does not wait. Nearly always a claim has taken the sequence since the
 * row was read, and the row is gone. True if the row really belonged to no waiting sequence.
 */
async function dropStray({ ledger, log }: LoadPorts, key: string): Promise<boolean> {
  const row = await ledger.read(key);
  if (row === null) return false;
  const record = await loadSequence(ledger, sequenceIdIn(key));
  if (record?.value.place?.kind === "ready") return false;
  log("warn", "strayReadyRow", { key });
  await commitOnce({ ledger }, [{ op: "delete", key, etag: row.etag }]);
  return true;
}

/**
 * True if the sequence may not go: it has expired, its machine is out of scope, or another of ours
 * holds the machine.
 */
async function movedAside(
  ports: LoadPorts,
  record: Stored<SequenceRecord>,
  { budget, scope, lostTo }: Going,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const over = overBeforeClaim(record.value, scope, nowMs);
  if (over !== null) {
    const facts = grouped([factOfMove(record.value, over, nowMs)]);
    await moveOnce(ports, { before: record, after: over, nowMs }, { facts });
    return true;
  }
  if (await parkedByRun(ports, record)) return true;
  const opensMs = opensAtMs(record.value.sweep?.window ?? null, nowMs);
  if (opensMs !== null) {
    const after = park(record.value, { kind: "later", dueAtMs: opensMs }, null);
    return await moveOnce(ports, { before: record, after, nowMs });
  }
  const { machineId, sequenceId } = record.value;
  const isTaken =
    lostTo === machineKey(machineId) ||
    budget.sessions.some((each) => each.machineId === machineId);
  if (!isTaken || holdsMachine(record.value)) return false;
  ports.log("info", "waitsBehindMachine", { sequenceId, machineId });
  await waitBehind(ports, record);
  return true;
}

/**
 * Parks the sequence if its run holds it back: a sequence that came back from a wait may be of a
 * run that has paused. The run is read after the budget, and every pause of a run writes the
 * budget, so no claim ignores a pause. The run is written with the sequence: if a resume comes at
 * the same time, one of them loses and reads again.
 */
async function parkedByRun(
  { ledger }: LoadPorts,
  record: Stored<SequenceRecord>,
): Promise<boolean> {
  const mayHaveToWait = record.value.wave !== null || isUnapproved(record.value);
  const run = mayHaveToWait ? await loadRun(ledger, record.value.runId) : null;
  if (run === null) return false;
  const after = placed(record.value, run.value);
  if (after === record.value) return false;
  await commitOnce({ ledger }, [unchanged(run), ...move(record, after)]);
  return true;
}

/** Parks a sequence that the library holds back, and says so; of its run it tells once. */
async function holdBack(
  ports: LoadPorts,
  record: Stored<SequenceRecord>,
  { hold, untilMs }: Extract<FilesVerdict, { kind: "held" }>,
): Promise<void> {
  const after = holdForLibrary(record.value, hold, untilMs);
  const { sequenceId, runId } = record.value;
  const held = await tryTransact(ports, once(sequenceId), async (tx) => {
    tx.stage(move(record, after));
    if (hold.code !== "libraryDrift") return;
    const run = await loadRun(tx, runId);
    if (run === null || run.value.driftToldAtMs !== null) return;
    const nowMs = ports.clock.earliest();
    changeRun(tx, run, { ...run.value, driftToldAtMs: Math.floor(nowMs) });
    tx.stage(owing(noticesOfDrift(run.value, hold, nowMs)));
  });
  if (held.kind !== "done") return;
  const file = "file" in hold ? { file: hold.file } : null;
  ports.log("warn", hold.code, { sequenceId, ...file });
}

/** The record ended without a POST, if it may not be posted; the scope is the present one. */
function overBeforeClaim(
  record: SequenceRecord,
  scope: MachineScope,
  nowMs: number,
): SequenceRecord | null {
  if (record.expiresAtMs <= nowMs) return expire(record, nowMs);
  const verdict = judgeMachine(scope, record.machineId, record.machineFacts);
  const isApproved = verdict.kind === "needsApproval" && record.approvals.by.length > 0;
  if (verdict.kind === "allowed" || isApproved) return null;
  return end(record, "refused", { code: "outOfScope", detail: verdict.reason }, nowMs);
}

/**
 * Moves it into the line behind a machine. It also writes the lease, so that the holder sees it
 * when it frees the machine.
 */
async function waitBehind({ ledger }: LoadPorts, record: Stored<SequenceRecord>): Promise<void> {
  const lease = await loadLease(ledger, record.value.machineId);
  if (lease === null) return;
  const reason = { code: "machineHeld", sequenceId: lease.value.sequenceId } as const;
  const after = park(record.value, { kind: "behind" }, reason);
  const key = machineKey(record.value.machineId);
  const body = { ...lease.value, waiters: true };
  const touched = { op: "replace", key, body, etag: lease.etag } as const;
  await commitOnce({ ledger }, [touched, ...move(record, after)]);
}
