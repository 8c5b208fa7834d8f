import { pointerSchema, unfolding } from "../ledger/sequence/intake.ts";
import { intakesOf, PLANNED, runIdOfPlanned } from "../ledger/row/keys.ts";
import { sorted } from "../ledger/row/set-aside.ts";
import type { Ports, Row } from "../ports.ts";
import { listAll } from "./list-all.ts";
import { lastPass } from "./load.ts";
import { rowsWithin, type Outstanding } from "./outstanding.ts";
import { noteSetAside, unlessSetAside } from "./set-aside.ts";
import { transact, usual } from "./transact.ts";

type UnfoldPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** Pointers that one poll reads; the next poll reads the rest. */
const POINTERS_PER_POLL = 50;
/** The host checks a queue every two seconds at least, so a bell this late is lost. */
const BELL_LATE_MS = 5_000;

/**
 * Gives all sequences of a run that are in intake rows their own rows, and returns how many this
 * call did. Each row is one transaction, so it may stop at any point and be done again, and several
 * may do it at once. A row that is set aside stays.
 */
export async function unfold(ports: UnfoldPorts, runId: string): Promise<number> {
  const [rows, pass] = await Promise.all([
    listAll(ports.ledger, intakesOf(runId)),
    lastPass(ports.ledger),
  ]);
  let unfolded = 0;
  for (const row of rows) {
    unfolded += await unlessSetAside(ports, 0, () => unfoldRow(ports, row, pass));
  }
  if (unfolded > 0) ports.log("info", "unfolded", { runId, sequences: unfolded });
  return unfolded;
}

async function unfoldRow(ports: UnfoldPorts, known: Row, pass: number): Promise<number> {
  return await transact(ports, usual(known.key), async (tx) => {
    const row = tx.lost === null ? known : await tx.read(known.key);
    // Somebody else has unfolded it.
    if (row === null) return 0;
    const changes = unfolding(row, pass);
    tx.stage(changes);
    return changes.filter(({ key }) => key.startsWith("sequence!")).length;
  });
}

/** Unfolds what was accepted some seconds ago and is still in intake rows: its bell was lost. */
export async function unfoldLate(ports: UnfoldPorts, outstanding: Outstanding): Promise<number> {
  const beforeMs = ports.clock.earliest() - BELL_LATE_MS;
  const pointers = await rowsWithin(ports.ledger, outstanding, PLANNED, POINTERS_PER_POLL);
  const { readable, aside } = sorted(pointerSchema, pointers);
  for (const each of aside) await noteSetAside(ports, each);
  const late = readable.filter(({ value }) => value.atMs < beforeMs);
  let unfolded = 0;
  for (const runId of new Set(late.map(({ row }) => runIdOfPlanned(row.key)))) {
    unfolded += await unfold(ports, runId);
  }
  return unfolded;
}
