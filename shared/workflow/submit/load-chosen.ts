import { judgeMachine, type MachineScope } from "../../access/machine-scope.ts";
import { machineKey, sequenceIdIn } from "../../ledger/keys.ts";
import { placed } from "../../ledger/gate.ts";
import { isUnapproved } from "../../ledger/approval.ts";
import { end, park } from "../../ledger/moves.ts";
import { move, type Stored } from "../../ledger/rows.ts";
import { holdsMachine, type SequenceRecord } from "../../ledger/sequence.ts";
import { SetAside } from "../../ledger/set-aside.ts";
import type { Budget } from "../../limits/budget.ts";
import type { Ports } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { changesFor } from "../../store/change-sequence.ts";
import { loadLease, loadRun, loadSequence, unchanged } from "../../store/load.ts";
import { unlessSetAside } from "../../store/set-aside.ts";

type MakeWayPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** Who chooses: where it may act, and which sequences it passes over, for a row cannot be read. */
interface Chooser {
  readonly scope: MachineScope;
  readonly passedOver: Set<string>;
}

/**
 * The records behind the chosen keys, one a machine. Those that cannot go are moved out of the way;
 * if none is left, everything has to be looked at again.
 */
export async function loadChosen(
  ports: MakeWayPorts,
  keys: readonly string[],
  budget: Budget,
  { scope, passedOver }: Chooser,
): Promise<Stored<SequenceRecord>[] | "again" | "passedOver"> {
  const loaded = await Promise.all(keys.map(async (key) => await loadOrAside(ports, key)));
  const before = passedOver.size;
  const chosen = new Map<string, Stored<SequenceRecord>>();
  for (const [index, record] of loaded.entries()) {
    const key = keys[index] ?? "";
    const came = await unlessSetAside(ports, "setAside", async () => {
      if (record instanceof SetAside) throw record;
      // Whoever claimed it has written the budget too, so nothing read with it can be claimed now.
      if (record?.value.state !== "waiting") return (await dropStray(ports, key)) ? "no" : "again";
      if (chosen.has(record.value.machineId)) return "no";
      if (await movedAside(ports, record, budget, scope)) return "no";
      chosen.set(record.value.machineId, record);
      return "yes";
    });
    if (came === "again") return "again";
    if (came === "setAside") passedOver.add(sequenceIdIn(key));
  }
  if (chosen.size > 0) return [...chosen.values()];
  return passedOver.size > before ? "passedOver" : "again";
}

/** The record of a ready row; where it cannot be read, that is said later, one after the other. */
async function loadOrAside(
  { ledger }: MakeWayPorts,
  key: string,
): Promise<Stored<SequenceRecord> | SetAside | null> {
  try {
    return await loadSequence(ledger, sequenceIdIn(key));
  } catch (error) {
    if (error instanceof SetAside) return error;
    throw error;
  }
}

/**
 * A ready row whose sequence does not wait. Nearly always a claim has taken it since the row was
 * read, and the row is gone; true if it really was a stray.
 */
async function dropStray({ ledger, log }: MakeWayPorts, key: string): Promise<boolean> {
  const row = await ledger.read(key);
  if (row === null) return false;
  const record = await loadSequence(ledger, sequenceIdIn(key));
  if (record?.value.place?.kind === "ready") return false;
  log("warn", "strayReadyRow", { key });
  await ledger.commit([{ op: "delete", key, etag: row.etag }]);
  return true;
}

/**
 * True if the sequence may not go: it has expired, its machine is out of scope, or another of ours
 * holds the machine.
 */
async function movedAside(
  ports: MakeWayPorts,
  record: Stored<SequenceRecord>,
  budget: Budget,
  scope: MachineScope,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const over = overBeforeClaim(record.value, scope, nowMs);
  if (over !== null) {
    const facts = grouped([factOfMove(record.value, over, nowMs)]);
    await ports.ledger.commit(
      await changesFor(ports, { before: record, after: over, nowMs }, { facts }),
    );
    return true;
  }
  if (await heldBack(ports, record)) return true;
  const { machineId, sequenceId } = record.value;
  const held = budget.sessions.some((each) => each.machineId === machineId);
  if (!held || holdsMachine(record.value)) return false;
  ports.log("info", "waitsBehindMachine", { sequenceId, machineId });
  await waitBehind(ports, record);
  return true;
}

/**
 * Parks the sequence if its run holds it back: what came back from a wait may be of a run that has
 * paused. The run is read after the budget, which every pause of a run writes: so no claim passes
 * one. It is written with the sequence: of a resume at the same time one loses, and looks again.
 */
async function heldBack(
  { ledger }: MakeWayPorts,
  record: Stored<SequenceRecord>,
): Promise<boolean> {
  const mayBeHeld = record.value.wave !== null || isUnapproved(record.value);
  const run = mayBeHeld ? await loadRun(ledger, record.value.runId) : null;
  if (run === null) return false;
  const after = placed(record.value, run.value);
  if (after === record.value) return false;
  await ledger.commit([unchanged(run), ...move(record, after)]);
  return true;
}

/** The record ended without a POST, if it may have none; the scope is that of now. */
function overBeforeClaim(
  record: SequenceRecord,
  scope: MachineScope,
  nowMs: number,
): SequenceRecord | null {
  if (record.expiresAtMs <= nowMs) {
    const detail = "It waited until its expiry without a chance to run.";
    return end(record, "expired", { code: "expired", detail }, nowMs);
  }
  const verdict = judgeMachine(scope, record.machineId, record.machineFacts);
  const isApproved = verdict.kind === "needsApproval" && record.approvals.by.length > 0;
  if (verdict.kind === "allowed" || isApproved) return null;
  return end(record, "refused", { code: "outOfScope", detail: verdict.reason }, nowMs);
}

/**
 * Into the line behind a machine; touching the lease makes sure its holder sees it when it lets go.
 */
export async function waitBehind(
  { ledger }: MakeWayPorts,
  record: Stored<SequenceRecord>,
): Promise<void> {
  const lease = await loadLease(ledger, record.value.machineId);
  if (lease === null) return;
  const reason = { code: "machineHeld", sequenceId: lease.value.sequenceId } as const;
  const after = park(record.value, { kind: "behind" }, reason);
  const key = machineKey(record.value.machineId);
  const body = { ...lease.value, waiters: true };
  await ledger.commit([{ op: "replace", key, body, etag: lease.etag }, ...move(record, after)]);
}
