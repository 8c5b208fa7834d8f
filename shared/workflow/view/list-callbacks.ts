import { z } from "zod";
import type { Caller } from "../../access/caller.ts";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { isWithin } from "../../ledger/row/key-range.ts";
import { DEAD, NOTICE, noticeDueAtMsIn } from "../../ledger/row/keys.ts";
import {
  deadNoticeSchema,
  noticeSchema,
  type DeadNotice,
  type Notice,
} from "../../ledger/outbox/notice.ts";
import { orSetAside, SetAside, sorted } from "../../ledger/row/set-aside.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { loadRun } from "../../store/load.ts";
import { reachRun } from "../../store/reach-run.ts";

/** `dead` after the last try; `owed` as long as lrq goes on trying. */
export const CALLBACK_STATES = ["owed", "dead"] as const;
export type CallbackState = (typeof CALLBACK_STATES)[number];

/** A page of callbacks that are not delivered. It may be short, or empty, before the end. */
export interface CallbacksPage {
  readonly callbacks: readonly CallbackView[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

interface CallbackView {
  readonly runId: string;
  /** The id of its message, the same in every try. */
  readonly noticeId: string;
  readonly event: string;
  readonly sequenceId: string | null;
  /** Only the host of the address, because the rest can be a secret. Null if its run is unknown. */
  readonly host: string | null;
  readonly shape: string | null;
  readonly state: CallbackState;
  readonly tries: number;
  /** What came of the last try; null before the first. */
  readonly lastAnswer: string | null;
  /** When it is tried next, and when it was tried last; the one that does not apply is null. */
  readonly dueAt: string | null;
  readonly diedAt: string | null;
}

/** Rows of one page; each can be of another run, which is read, too. */
const ROWS_PER_PAGE = 50;
const RANGES = { dead: DEAD, owed: NOTICE } as const;
/** The key of the last row of a page. */
const keySchema = z
  .string()
  .regex(/^(dead![0-9a-z]{20}|(notice|news)!\d{13})!(msg|new)_[0-9a-f]{32}$/);

/**
 * The callbacks of runs that the caller's rights reach, the dead ones first. Null if the cursor is
 * none of this list.
 */
export async function listCallbacks(
  { ledger }: Pick<Ports, "ledger">,
  caller: Caller,
  { state, cursor }: { readonly state: CallbackState | null; readonly cursor: string | null },
): Promise<CallbacksPage | null> {
  const states = state === null ? (["dead", "owed"] as const) : [state];
  const after = cursor === null ? null : readCursor(keySchema, cursor);
  const begin = after === null ? 0 : states.findIndex((each) => isWithin(after, RANGES[each]));
  if (begin < 0 || (cursor !== null && after === null)) return null;
  const rows: Row[] = [];
  for (const [index, each] of states.slice(begin).entries()) {
    const { from, before } = RANGES[each];
    const start = index === 0 && after !== null ? `${after}!` : from;
    const limit = ROWS_PER_PAGE + 1 - rows.length;
    if (limit > 0) rows.push(...(await ledger.list(start, before, limit)));
  }
  const shown = rows.slice(0, ROWS_PER_PAGE);
  const last = rows.length > shown.length ? shown.at(-1) : undefined;
  const callbacks = await viewsOf(ledger, caller, shown);
  return { callbacks, next: last === undefined ? null : cursorOf(last.key) };
}

async function viewsOf(
  ledger: LedgerReads,
  caller: Caller,
  rows: readonly Row[],
): Promise<CallbackView[]> {
  const of = (range: (typeof RANGES)[CallbackState]) =>
    rows.filter(({ key }) => isWithin(key, range));
  const dead = sorted(deadNoticeSchema, of(DEAD)).readable;
  const owed = sorted(noticeSchema, of(NOTICE)).readable;
  const ids = new Set([...dead, ...owed].map(({ value }) => value.runId));
  const runs = new Map<string, RunRecord | "unreadable">();
  for (const runId of ids) {
    const run = await reachedBy(ledger, caller, runId);
    if (run !== null) runs.set(runId, run);
  }
  return [
    ...dead.map(({ value }) => deadView(value, runs.get(value.runId))),
    ...owed.map(({ row, value }) => owedView(value, row.key, runs.get(value.runId))),
  ].filter((view) => view !== null);
}

/** The run, if the caller's rights reach it; nobody knows the team of a run that is set aside. */
async function reachedBy(
  ledger: LedgerReads,
  caller: Caller,
  runId: string,
): Promise<RunRecord | "unreadable" | null> {
  const reached = await orSetAside(reachRun(ledger, caller, runId));
  if (reached instanceof SetAside) return caller.all ? "unreadable" : null;
  if (reached === null) return null;
  return (await loadRun(ledger, runId))?.value ?? null;
}

type Reached = RunRecord | "unreadable" | undefined;

function deadView(notice: DeadNotice, run: Reached): CallbackView | null {
  if (run === undefined) return null;
  const { host, diedAtMs } = notice;
  const rest = { state: "dead", dueAt: null, diedAt: isoOf(diedAtMs) } as const;
  return { ...viewOf(notice, run), host, ...rest };
}

function owedView(notice: Notice, key: string, run: Reached): CallbackView | null {
  if (run === undefined) return null;
  const dueAt = isoOf(noticeDueAtMsIn(key));
  return { ...viewOf(notice, run), state: "owed", dueAt, diedAt: null };
}

function viewOf(
  { runId, noticeId, event, sequenceId, targetId, tries, said }: Notice,
  run: RunRecord | "unreadable",
): Omit<CallbackView, "state" | "dueAt" | "diedAt"> {
  const targets = run === "unreadable" ? [] : run.callbacks;
  const { host = null, shape = null } = targets.find((each) => each.targetId === targetId) ?? {};
  return { runId, noticeId, event, sequenceId, host, shape, tries, lastAnswer: said };
}
