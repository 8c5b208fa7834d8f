import type { AuditFacts } from "../../evidence/audit.ts";
import { roundRowsOf } from "../../ledger/sweep/round-rows.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { once, tryTransact, type Transaction } from "../../store/transact.ts";
import { decideDue, isFarAhead, nextDueMs, type Due } from "../../sweep/due.ts";
import { msOf } from "../../sweep/duration.ts";
import { listedAnew, NO_MACHINES, NOTHING_TRIED, type RoundRecord } from "../../sweep/round.ts";
import { OPEN_ROUNDS_MAX, type SweepRecord } from "../../sweep/sweep.ts";
import { closed } from "./close-round.ts";
import { droppedFact } from "./drop-due.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { reopened } from "./reopen-due.ts";

/** Who starts a round: a person, or the schedule at the time that it was due. */
type Starting =
  | { readonly by: string; readonly dueAtMs: null }
  | { readonly by: null; readonly dueAtMs: number };

/** What was decided: the number of the round that starts, or null; and what an operator reads. */
interface Decided {
  readonly number: number | null;
  readonly warning: string | null;
}

/**
 * Starts the round that is due, if one is. The due time is decided in the transaction that writes
 * the round: so there is one at most, whatever crashes, and however many hosts look at once. Due
 * times for which no round starts get a line in the log of the sweep. If a clock was far ahead when
 * they were decided, those that are still to come are undecided again. Returns the number of the
 * round; null if none was started here.
 */
export async function startDue(
  ports: SweepPorts,
  { catalogue }: Pick<SweepSettings, "catalogue">,
  name: string,
): Promise<number | null> {
  const came = await tryTransact(ports, once(`sweep ${name}`), async (tx) => {
    const sweep = await loadSweep(tx, name);
    const nowMs = ports.clock.earliest();
    if (sweep === null || !isDue(sweep.value, nowMs)) return null;
    const { definition, decidedAtMs } = sweep.value;
    if (isFarAhead(decidedAtMs, nowMs)) return await setBack(tx, sweep, nowMs);
    const due = decideDue(definition, decidedAtMs, nowMs);
    if (due === null) return null;
    return await decide(tx, sweep, { catalogue, due, nowMs });
  });
  if (came.kind !== "done" || came.value === null) return null;
  const { number, warning } = came.value;
  if (warning !== null) ports.log("warn", "roundSkipped", { name, detail: warning });
  if (number !== null) tellStarted(ports, { name, number, by: null });
  return number;
}

async function setBack(
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  nowMs: number,
): Promise<Decided> {
  const until = isoOf(sweep.value.decidedAtMs);
  const detail = `a clock that was ahead decided until ${until}: what is to come is due again`;
  // An older version could not verify a log with an event that it does not know.
  const fact = factOfSweep("roundSkipped", { atMs: nowMs, by: null, detail });
  changeSweep(tx, sweep, await reopened(tx, sweep.value, nowMs), [fact]);
  return { number: null, warning: detail };
}

async function decide(
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  { catalogue, due, nowMs }: { catalogue: Catalogue; due: Due; nowMs: number },
): Promise<Decided> {
  const dropping = { by: null, atMs: nowMs };
  const startedAheadMs = sweep.value.startedAheadMs.filter((each) => each > due.decidedAtMs);
  const decided = { ...sweep.value, decidedAtMs: due.decidedAtMs, startedAheadMs };
  const choice = chosen(sweep.value, due.startMs);
  if (choice.kind === "none") {
    const fact = droppedFact(due, choice.why, dropping);
    changeSweep(tx, sweep, decided, [fact]);
    return { number: null, warning: choice.isFull ? fact.detail : null };
  }
  const missed = due.count > 1 ? [droppedFact(due, "only the last one starts", dropping)] : [];
  const replaces = sweep.value.definition.overlap === "replace";
  const replacing = { why: "replaced", by: null, atMs: nowMs } as const;
  const closings = replaces ? await closeOpen(tx, sweep.value, replacing) : [];
  const value = replaces ? { ...decided, stalled: [] } : decided;
  const facts = [...missed, ...closings];
  const starting = { by: null, dueAtMs: choice.dueAtMs, nowMs, facts };
  return { number: begin(tx, { ...sweep, value }, catalogue, starting), warning: null };
}

/** A round for this due time; or none, and whether that is because too many are open. */
type Choice =
  | { readonly kind: "start"; readonly dueAtMs: number }
  | { readonly kind: "none"; readonly why: string; readonly isFull: boolean };

function none(why: string, isFull = false): Choice {
  return { kind: "none", why, isFull };
}

function chosen({ definition, open, startedAheadMs }: SweepRecord, dueAtMs: number | null): Choice {
  if (dueAtMs === null) return none("the starting deadline is over");
  if (startedAheadMs.includes(dueAtMs)) {
    return none(`the round of ${isoOf(dueAtMs)} started before, because a clock was ahead`);
  }
  if (definition.overlap === "skip" && open.length > 0) {
    return none(`round ${open.join(", ")} is open`);
  }
  // With `replace` as well: rounds that were replaced stay open until what they sent is over.
  if (open.length >= OPEN_ROUNDS_MAX) return none(`${open.length} rounds are open`, true);
  return { kind: "start", dueAtMs };
}

/** Writes into the log that a round has started; `by` is null if its schedule has started it. */
export function tellStarted(
  ports: Pick<SweepPorts, "log">,
  { name, number, by }: { name: string; number: number; by: string | null },
): void {
  ports.log("info", "roundStarted", { name, round: number, by });
}

/** True if a due time has come that nobody has decided, or a clock that was ahead is in the way. */
export function isDue(
  { paused, deleted, definition, decidedAtMs }: SweepRecord,
  nowMs: number,
): boolean {
  if (paused || deleted || definition.schedule === null) return false;
  const next = nextDueMs(definition, decidedAtMs);
  return (next !== null && next <= nowMs) || isFarAhead(decidedAtMs, nowMs);
}

/** Starts a round now, because a person asks for it; returns its number. */
export function startNow(
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  { catalogue, by, nowMs }: { catalogue: Catalogue; by: string; nowMs: number },
): number {
  return begin(tx, sweep, catalogue, { by, dueAtMs: null, nowMs, facts: [] });
}

/**
 * Closes rounds that are open, at most as many as may be open. They stay open until what they have
 * sent is over. Returns a fact for each that it closed: if as many as it may, there may be more.
 */
export async function closeOpen(
  tx: Transaction,
  { name, open }: Pick<SweepRecord, "name" | "open">,
  closing: Parameters<typeof closed>[1],
): Promise<readonly AuditFacts[]> {
  const { why, by, atMs } = closing;
  const facts: AuditFacts[] = [];
  for (const number of open) {
    if (facts.length === OPEN_ROUNDS_MAX) break;
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "running") continue;
    changeRound(tx, round, closed(round.value, closing, "waiting"));
    facts.push(factOfSweep("roundClosed", { atMs, by, detail: `round ${number}: ${why}` }));
  }
  return facts;
}

/** A round that begins, and what was decided for it before. */
type Begun = Starting & { readonly nowMs: number; readonly facts: readonly AuditFacts[] };

function begin(
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  catalogue: Catalogue,
  { by, dueAtMs, nowMs, facts }: Begun,
): number {
  const { rounds, open } = sweep.value;
  const number = rounds + 1;
  const after = { ...sweep.value, rounds: number, open: [...open, number] };
  changeRound(tx, null, newRound(after, catalogue, { number, startedBy: by, dueAtMs, nowMs }));
  const when = dueAtMs === null ? "by a person" : `due at ${isoOf(dueAtMs)}`;
  const detail = `round ${number}, ${when}`;
  changeSweep(tx, sweep, after, [
    ...facts,
    factOfSweep("roundStarted", { atMs: nowMs, by, detail }),
  ]);
  return number;
}

function newRound(
  { name, team, by, objectId, definition }: SweepRecord,
  catalogue: Catalogue,
  at: { number: number; startedBy: string | null; dueAtMs: number | null; nowMs: number },
): RoundRecord {
  const startedAtMs = Math.floor(at.nowMs);
  const entries = definition.profiles.flatMap((each) => catalogue.get(each) ?? []);
  return {
    v: 1,
    name,
    number: at.number,
    team,
    by,
    objectId,
    definition,
    profiles: entries.map(({ profile, hash }) => ({ name: profile.name, hash })),
    rows: roundRowsOf(entries),
    dueAtMs: at.dueAtMs,
    startedBy: at.startedBy,
    startedAtMs,
    expiresAtMs: startedAtMs + msOf(definition.expires),
    state: "running",
    paused: null,
    closed: null,
    endedAtMs: null,
    hindrance: null,
    ...listedAnew({ listings: 0 }),
    listedAtMs: null,
    query: null,
    counts: NO_MACHINES,
    batch: 1,
    batchMachines: 0,
    inHand: [],
    allowance: { calls: 0, atMs: startedAtMs },
    uncounted: [],
    counting: null,
    tried: NOTHING_TRIED,
    isWaveOver: false,
    forgiven: { ended: 0, failed: 0 },
    reruns: 0,
    rerun: null,
  };
}
