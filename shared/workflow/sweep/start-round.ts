import type { AuditFacts } from "../../evidence/audit.ts";
import { roundRowsOf } from "../../ledger/sweep/round-rows.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { once, tryTransact, type Transaction } from "../../store/transact.ts";
import { decideDue } from "../../sweep/due.ts";
import { msOf } from "../../sweep/duration.ts";
import { listedAnew, NO_MACHINES, NOTHING_TRIED, type RoundRecord } from "../../sweep/round.ts";
import { OPEN_ROUNDS_MAX, type SweepRecord } from "../../sweep/sweep.ts";
import { closed } from "./close-round.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";

/** Who starts a round: a person, or the schedule at the time that it was due. */
type Starting =
  | { readonly by: string; readonly dueAtMs: null }
  | { readonly by: null; readonly dueAtMs: number };

/**
 * Starts the round that is due, if one is. The due time is decided in the transaction that writes
 * the round: so there is one at most, whatever crashes, and however many hosts look at once.
 * Returns the number of the round; null if none was started here.
 */
export async function startDue(
  ports: SweepPorts,
  settings: Pick<SweepSettings, "catalogue">,
  name: string,
): Promise<number | null> {
  const started = await tryTransact(ports, once(`sweep ${name}`), async (tx) => {
    const sweep = await loadSweep(tx, name);
    const nowMs = ports.clock.earliest();
    if (sweep === null || !isDue(sweep.value, nowMs)) return null;
    const due = decideDue(sweep.value.definition, sweep.value.decidedAtMs, nowMs);
    if (due === null) return null;
    const decided = { ...sweep.value, decidedAtMs: due.decidedAtMs };
    if (due.startMs === null) {
      const detail = "it was due, and its starting deadline is over";
      skip(tx, sweep, decided, { nowMs, detail });
      return null;
    }
    const { overlap } = sweep.value.definition;
    if (overlap === "skip" && sweep.value.open.length > 0) {
      const detail = `due at ${isoOf(due.startMs)}, and round ${sweep.value.open.join(", ")} is open`;
      skip(tx, sweep, decided, { nowMs, detail });
      return null;
    }
    // With `replace` as well: rounds that were replaced stay open until what they sent is over.
    if (sweep.value.open.length >= OPEN_ROUNDS_MAX) {
      const detail = `due at ${isoOf(due.startMs)}, and ${sweep.value.open.length} rounds are open`;
      ports.log("warn", "roundSkipped", { name, detail });
      skip(tx, sweep, decided, { nowMs, detail });
      return null;
    }
    const replacing = { why: "replaced", by: null, atMs: nowMs } as const;
    const facts = overlap === "replace" ? await closeOpen(tx, sweep.value, replacing) : [];
    const stalled = overlap === "replace" ? [] : decided.stalled;
    const starting = { by: null, dueAtMs: due.startMs, nowMs, facts };
    return begin(tx, { ...sweep, value: { ...decided, stalled } }, settings.catalogue, starting);
  });
  const number = started.kind === "done" ? started.value : null;
  if (number !== null) tellStarted(ports, { name, number, by: null });
  return number;
}

/** Writes into the log that a round has started; `by` is null if its schedule has started it. */
export function tellStarted(
  ports: Pick<SweepPorts, "log">,
  { name, number, by }: { name: string; number: number; by: string | null },
): void {
  ports.log("info", "roundStarted", { name, round: number, by });
}

/** True if a due time has come that nobody has decided. */
export function isDue(
  { paused, deleted, definition, decidedAtMs }: SweepRecord,
  nowMs: number,
): boolean {
  return !paused && !deleted && decideDue(definition, decidedAtMs, nowMs) !== null;
}

/** Starts a round now, because a person asks for it; returns its number. */
export function startNow(
  tx: Transaction,
  sweep: Stored<SweepRecord>,
  { catalogue, by, nowMs }: { catalogue: Catalogue; by: string; nowMs: number },
): number {
  return begin(tx, sweep, catalogue, { by, dueAtMs: null, nowMs, facts: [] });
}

function skip(
  tx: Transaction,
  before: Stored<SweepRecord>,
  after: SweepRecord,
  { nowMs, detail }: { nowMs: number; detail: string },
): void {
  const fact = factOfSweep("roundSkipped", { atMs: nowMs, by: null, detail });
  changeSweep(tx, before, after, [fact]);
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
