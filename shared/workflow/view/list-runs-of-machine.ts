import { z } from "zod";
import type { Caller } from "../../access/caller.ts";
import { reachInto } from "../../access/reach.ts";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { withoutFamily } from "../../ledger/row/key-range.ts";
import { historyOf, sequenceIdIn } from "../../ledger/row/keys.ts";
import { newestFirst } from "../../ledger/row/padded.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import { summaryOf } from "../../ledger/run/summary.ts";
import { runOfSequence } from "../../plan/identity.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { loadRun, readableSequence } from "../../store/load.ts";
import { describeSummary, type SummaryView } from "./describe-summary.ts";
import {
  type WaitingLine,
  machinesMeant,
  placeInHistory,
  readWaitingLine,
} from "./find-machine.ts";
import { isAskedFor, type RunsAsked, type RunsPage } from "./list-runs.ts";

export type RunsOfMachine =
  | { readonly kind: "runs"; readonly page: RunsPage }
  /** The name fits these machines. */
  | { readonly kind: "ambiguous"; readonly machineIds: readonly string[] }
  | { readonly kind: "badCursor" };

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/** Of the sequences that wait for the machine; each costs the read of its record. */
const WAITING_MAX = 50;
/** Of the sequences of a run on the machine that are looked at for what the caller may see. */
const SEQUENCES_MAX = 4;

const cursorSchema = z.tuple([z.string().regex(/^[0-9a-f]{40}$/), placeInHistory]);

/** A run that has sequences for the machine; its place is that of the newest of them. */
interface Candidate {
  readonly runId: string;
  readonly place: string;
  readonly sequenceIds: readonly string[];
}

/**
 * The runs that have a sequence for a machine, by its id or name, as the caller's rights reach
 * them: that which the machine joined last comes first. A page takes a request for each run that
 * it looks at, at most `limit` of them, so it may be short; six for the lists; and one for each of
 * at most fifty sequences that wait. If the name fits several machines, up to ten are looked at.
 */
export async function listRunsOfMachine(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  caller: Caller,
  idOrName: string,
  asked: RunsAsked,
): Promise<RunsOfMachine> {
  const from = asked.cursor === null ? null : readCursor(cursorSchema, asked.cursor);
  if (asked.cursor !== null && from === null) return { kind: "badCursor" };
  const line = await readWaitingLine(ledger);
  const [known = null, after = null] = from ?? [];
  const ids = known === null ? await machinesMeant(ledger, idOrName, line) : [known];
  const looking = { ledger, caller, line, nowMs: clock.earliest() };
  const parts = [];
  for (const machineId of ids) {
    const part = await pageOf(looking, machineId, asked, after);
    if (part.isReached || ids.length === 1) parts.push({ machineId, ...part });
  }
  if (parts.length > 1) {
    return { kind: "ambiguous", machineIds: parts.map(({ machineId }) => machineId) };
  }
  return { kind: "runs", page: parts[0]?.page ?? { runs: [], next: null } };
}

interface Looking {
  readonly ledger: LedgerReads;
  readonly caller: Caller;
  readonly line: WaitingLine;
  readonly nowMs: number;
}

/** `isReached` is true if the caller's rights reach something, whether it was asked for or not. */
async function pageOf(
  { ledger, caller, line, nowMs }: Looking,
  machineId: string,
  asked: RunsAsked,
  after: string | null,
): Promise<{ readonly page: RunsPage; readonly isReached: boolean }> {
  const waiting = line.rows.filter((each) => each.machineId === machineId).slice(0, WAITING_MAX);
  const [places, { rows, rest }] = await Promise.all([
    placesOf(ledger, waiting),
    historyFrom(ledger, machineId, after),
  ]);
  const all = candidatesIn([...places, ...rows], asked.sinceMs).filter(
    ({ place }) => after === null || place > after,
  );
  const looked = all.slice(0, asked.limit);
  const views = await Promise.all(
    looked.map(async (each) => await reachedIn({ ledger, caller, nowMs }, each, asked)),
  );
  const reached = views.flatMap((view) => view ?? []);
  const runs = reached.flatMap(({ view }) => view ?? []);
  const last = all.length > looked.length ? looked.at(-1)?.place : rest;
  const next = last === undefined || last === null ? null : cursorOf([machineId, last]);
  return { page: { runs, next }, isReached: reached.length > 0 };
}

/** Where sequences that wait stand among those of the history. */
async function placesOf(
  ledger: LedgerReads,
  waiting: readonly { readonly sequenceId: string }[],
): Promise<string[]> {
  const records = await Promise.all(
    waiting.map(async ({ sequenceId }) => await readableSequence(ledger, sequenceId)),
  );
  return records.flatMap((stored) => {
    if (stored === null) return [];
    const { acceptedAtMs, sequenceId } = stored.value;
    return [`${newestFirst(acceptedAtMs)}!${sequenceId}`];
  });
}

/**
 * The places of the newest thousand of the history, so that a run that an earlier page has shown is
 * not shown again; and a thousand from `after` on if that is beyond. `rest` is where it goes on.
 */
async function historyFrom(
  ledger: LedgerReads,
  machineId: string,
  after: string | null,
): Promise<{ readonly rows: readonly string[]; readonly rest: string | null }> {
  const range = historyOf(machineId);
  const list = async (from: string): Promise<string[]> =>
    (await ledger.list(from, range.before, ROWS_MAX)).map(({ key }) => withoutFamily(key, range));
  const head = await list(range.from);
  const end = head.length < ROWS_MAX ? null : (head.at(-1) ?? null);
  if (end === null || after === null || after < end) return { rows: head, rest: end };
  const tail = await list(`${range.from}${after}!`);
  const rest = tail.length < ROWS_MAX ? null : (tail.at(-1) ?? null);
  return { rows: [...head, ...tail], rest };
}

/** Each run once, with its sequences that were accepted at `sinceMs` or later. */
function candidatesIn(places: readonly string[], sinceMs: number | null): Candidate[] {
  const last = sinceMs === null ? null : newestFirst(sinceMs);
  const runs = new Map<string, Candidate>();
  for (const place of [...new Set(places)].toSorted()) {
    if (last !== null && place.slice(0, last.length) > last) continue;
    const sequenceId = sequenceIdIn(place);
    const runId = runOfSequence(sequenceId);
    const known = runs.get(runId) ?? { runId, place, sequenceIds: [] };
    runs.set(runId, { ...known, sequenceIds: [...known.sequenceIds, sequenceId] });
  }
  return [...runs.values()];
}

/**
 * Null if the caller's rights do not reach the run, or nothing of it on this machine. The view is
 * null if it was not asked for.
 */
async function reachedIn(
  { ledger, caller, nowMs }: Omit<Looking, "line">,
  { runId, sequenceIds }: Candidate,
  asked: RunsAsked,
): Promise<{ readonly view: SummaryView | null } | null> {
  const run = await orSetAside(loadRun(ledger, runId));
  if (run === null || run instanceof SetAside) return null;
  const summary = summaryOf(run.value);
  const view = describeSummary(summary, caller, nowMs);
  if (view === null || !(await isCovered(ledger, caller, sequenceIds, run.value))) return null;
  const isShown = isAskedFor(summary, asked) && (!asked.needsAttention || view.needs.length > 0);
  return { view: isShown ? view : null };
}

async function isCovered(
  ledger: LedgerReads,
  caller: Caller,
  sequenceIds: readonly string[],
  run: Parameters<typeof reachInto>[1],
): Promise<boolean> {
  if (caller.profiles === null) return true;
  const reach = reachInto(caller, run);
  const records = await Promise.all(
    sequenceIds.slice(0, SEQUENCES_MAX).map(async (id) => await readableSequence(ledger, id)),
  );
  return records.some((stored) => stored !== null && reach?.covers(stored.value) === true);
}
