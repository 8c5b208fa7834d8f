import { z } from "zod";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import type { KeyRange } from "../../ledger/row/key-range.ts";
import { BEHIND, LATER, READY, sequenceIdIn } from "../../ledger/row/keys.ts";
import { isSequenceId } from "../../plan/identity.ts";
import type { LedgerReads } from "../../ports.ts";
import { listAll } from "../../store/list-all.ts";

/** Each place costs the read of a record. */
const PLACES_PER_PAGE = 50;

/** A place of the line, by its row alone. */
export interface LinePlace {
  readonly sequenceId: string;
  /** How many are before it in the line; null if it waits for a time or behind a machine. */
  readonly ahead: number | null;
}

const id = z.string().refine(isSequenceId);
const rank = z.tuple([z.string().regex(/^\d$/), z.string().regex(/^\d{12}$/), id]);
/**
 * Where a page begins: after what, in which part of the list. It never names a machine, because the
 * caller may not know of it. Without `after` it is the begin of the part.
 */
const startSchema = z.discriminatedUnion("in", [
  z.strictObject({ in: z.literal("ready"), after: rank.optional(), ahead: z.int().min(0) }),
  z.strictObject({
    in: z.literal("later"),
    after: z.tuple([z.string().regex(/^\d{13}$/), id]).optional(),
  }),
  z.strictObject({ in: z.literal("behind"), after: rank.optional() }),
]);
type Start = z.infer<typeof startSchema>;

/** Where the page of a cursor begins, the begin of the list for none; null if it is no cursor. */
export function startOf(cursor: string | null): Start | null {
  return cursor === null ? { in: "ready", ahead: 0 } : readCursor(startSchema, cursor);
}

/** One place, and where the list goes on after it. */
interface Found {
  readonly place: LinePlace;
  readonly rest: Start;
}

/**
 * One page of the list: the line, then what waits for a time, the first to be due first, then what
 * waits behind a machine, in the order of the line.
 */
export async function linePage(
  ledger: LedgerReads,
  start: Start,
): Promise<{ readonly places: readonly LinePlace[]; readonly next: string | null }> {
  const found: Found[] = [];
  // One more than a page shows whether there is a next one.
  for (let at: Start | null = start; at !== null && found.length <= PLACES_PER_PAGE;) {
    found.push(...(await partFrom(ledger, at, PLACES_PER_PAGE + 1 - found.length)));
    at = partAfter(at);
  }
  const shown = found.slice(0, PLACES_PER_PAGE);
  const last = found.length > shown.length ? shown.at(-1) : undefined;
  return {
    places: shown.map(({ place }) => place),
    next: last === undefined ? null : cursorOf(last.rest),
  };
}

function partAfter(start: Start): Start | null {
  if (start.in === "behind") return null;
  return start.in === "ready" ? { in: "later" } : { in: "behind" };
}

async function partFrom(ledger: LedgerReads, start: Start, limit: number): Promise<Found[]> {
  if (start.in === "behind") return await behindFrom(ledger, start, limit);
  const range = start.in === "ready" ? READY : LATER;
  const rows = await ledger.list(fromAfter(range, start.after), range.before, limit);
  return rows.map(({ key }, index) => foundAt(key, start, index));
}

/** No key is between this one and the last one of the page before. */
function fromAfter({ from }: KeyRange, after: readonly string[] | undefined): string {
  return after === undefined ? from : `${from}${textOf(after)}!`;
}

function foundAt(key: string, start: Exclude<Start, { in: "behind" }>, index: number): Found {
  const [, first = "", second = ""] = key.split("!");
  const sequenceId = sequenceIdIn(key);
  if (start.in === "later") {
    const rest: Start = { in: "later", after: [first, sequenceId] };
    return { place: { sequenceId, ahead: null }, rest };
  }
  const ahead = start.ahead + index;
  const rest: Start = { in: "ready", after: [first, second, sequenceId], ahead: ahead + 1 };
  return { place: { sequenceId, ahead }, rest };
}

/** Their keys have the machine first; few wait here, so all are read and sorted. */
async function behindFrom(
  ledger: LedgerReads,
  { after }: Extract<Start, { in: "behind" }>,
  limit: number,
): Promise<Found[]> {
  const ranks = (await listAll(ledger, BEHIND)).map(({ key }): z.infer<typeof rank> => {
    const [, , lane = "", pass = ""] = key.split("!");
    return [lane, pass, sequenceIdIn(key)];
  });
  const last = after === undefined ? "" : textOf(after);
  return ranks
    .filter((each) => textOf(each) > last)
    .toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
    .slice(0, limit)
    .map((each) => {
      const [, , sequenceId] = each;
      return { place: { sequenceId, ahead: null }, rest: { in: "behind", after: each } };
    });
}

function textOf(rank: readonly string[]): string {
  return rank.join("!");
}
