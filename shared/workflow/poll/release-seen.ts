import { LATER, sequenceIdIn } from "../../ledger/row/keys.ts";
import { makeReady } from "../../ledger/sequence/moves.ts";
import { indexSchema } from "../../ledger/sequence/rows.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";
import { moveOnce } from "../../store/change-sequence.ts";
import { loadReads, loadSequence } from "../../store/load.ts";
import { noteRefusal, refusalIn } from "../../store/note-lockout.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { noteSetAside, unlessSetAside } from "../../store/set-aside.ts";
import { spendRead } from "../../store/spend-read.ts";

type SeenPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/** Polls between two requests, five minutes; it is one call for any number of machines. */
const POLLS_PER_QUESTION = 20;
/** The first request has no earlier one to begin at. */
const FIRST_SPAN_MS = 3_600_000;
const PARKED_MAX = 1_000;

/**
 * Releases sequences that are parked for offline machines as soon as their machine has reported.
 * The machine may be offline again by now; then the sequence is parked again.
 */
export async function releaseSeen(
  ports: SeenPorts,
  limits: Limits,
  outstanding: Outstanding,
): Promise<number> {
  const [first] = await rowsWithin(ports.ledger, outstanding, LATER, 1);
  if (first === undefined) return 0;
  const before = await loadReads(ports.ledger);
  const at = { stamp: "seenAtMs", intervalMs: limits.pollMs * POLLS_PER_QUESTION } as const;
  if (!(await spendRead(ports, limits, "machines", { at }))) return 0;
  const nowMs = ports.clock.earliest();
  const sinceMs = before.value.seenAtMs === 0 ? nowMs - FIRST_SPAN_MS : before.value.seenAtMs;
  const payPage = async () => await spendRead(ports, limits, "machines");
  const reply = await ports.defender.machinesSeenSince(sinceMs, payPage);
  const refusal = refusalIn("machines", reply, ports.clock.latest());
  if (refusal !== null) await noteRefusal(ports, limits, refusal);
  if (reply.kind !== "answered") return 0;
  const seen = new Set(reply.value);
  const parked = await rowsWithin(ports.ledger, outstanding, LATER, PARKED_MAX);
  let released = 0;
  const { readable, aside } = sorted(indexSchema, parked);
  for (const each of aside) await noteSetAside(ports, each);
  for (const { row } of readable.filter(({ value }) => seen.has(value.machineId))) {
    const freed = () => release(ports, sequenceIdIn(row.key));
    if (await unlessSetAside(ports, false, freed)) released += 1;
  }
  return released;
}

async function release(ports: SeenPorts, sequenceId: string): Promise<boolean> {
  const record = await loadSequence(ports.ledger, sequenceId);
  const waits = record?.value.place?.kind === "later" && record.value.reason?.code === "offline";
  if (record === null || !waits) return false;
  // Without the reason it waits in its own lane again, because its machine was seen.
  const nowMs = ports.clock.earliest();
  const after = makeReady(record.value, nowMs, null);
  return await moveOnce(ports, { before: record, after, nowMs });
}
