import { pointerSchema, unfolding } from "../ledger/intake.ts";
import { intakesOf, PLANNED, runIdOfPlanned } from "../ledger/keys.ts";
import type { Ports } from "../ports.ts";
import { Contended } from "./contended.ts";
import { listAll } from "./list-all.ts";
import { loadBudget } from "./load.ts";
import { rowsWithin, type OpenWork } from "./open-work.ts";

type UnfoldPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** Each lost race means that somebody else has unfolded a row; an incident makes some twenty. */
const TRIES = 40;
const JITTER_MS = 100;
/** Pointers looked at in one poll; more are left to the next. */
const POINTERS_PER_POLL = 50;
/** A queue is looked at every two seconds at least, so a bell this late is lost. */
const BELL_LATE_MS = 5_000;

/**
 * Gives all accepted sequences of a run that stand in intake rows rows of their own, and returns
 * how many this call did. Each row is one transaction, so it may end anywhere and be done again,
 * and several may do it at once. Throws if others keep taking the rows away.
 */
export async function unfold(ports: UnfoldPorts, runId: string): Promise<number> {
  const { ledger, clock, random, log } = ports;
  let unfolded = 0;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const [rows, budget] = await Promise.all([
      listAll(ledger, intakesOf(runId)),
      loadBudget(ledger),
    ]);
    let isLost = false;
    for (const row of rows) {
      const changes = unfolding(row, budget.value.pass);
      const outcome = await ledger.commit(changes);
      isLost = outcome.kind === "conflict";
      if (isLost) break;
      unfolded += changes.filter(({ key }) => key.startsWith("sequence!")).length;
    }
    if (!isLost) {
      if (unfolded > 0) log("info", "unfolded", { runId, sequences: unfolded });
      return unfolded;
    }
    await clock.sleep(random.fraction() * JITTER_MS);
  }
  throw new Contended(`run ${runId} could not be unfolded: others kept taking its rows`);
}

/** Unfolds what was accepted some seconds ago and nobody has: its bell was lost. */
export async function unfoldLate(ports: UnfoldPorts, open: OpenWork): Promise<number> {
  const beforeMs = ports.clock.earliest() - BELL_LATE_MS;
  const pointers = await rowsWithin(ports.ledger, open, PLANNED, POINTERS_PER_POLL);
  const late = pointers.filter(({ body }) => pointerSchema.parse(body).atMs < beforeMs);
  let unfolded = 0;
  for (const runId of new Set(late.map(({ key }) => runIdOfPlanned(key)))) {
    unfolded += await unfold(ports, runId);
  }
  return unfolded;
}
