import { createHash } from "node:crypto";
import type { Caller } from "../../access/caller.ts";
import type { KeyRange } from "../../ledger/row/key-range.ts";
import { OUTSTANDING, RUNNING } from "../../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import { admit } from "../../limits/pace/admit.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { takenSlots } from "../../limits/pace/window.ts";
import type { LedgerReads, Ports, Row } from "../../ports.ts";
import { budgetIn } from "../../store/load.ts";
import { describeAttention, type AttentionView } from "./describe-attention.ts";
import { describeStatus, type StatusView } from "./describe-status.ts";

/** What somebody looks at again and again: the queue, and what wants a person. */
export interface NowView {
  readonly status: StatusView;
  readonly attention: AttentionView;
}

interface NowSettings {
  readonly limits: Limits;
  readonly library: LibraryRules | null;
}

type NowPorts = Pick<Ports, "ledger" | "clock" | "poison">;

/** Both views. What changes between the first and the second is in the next answer. */
export async function describeNow(
  ports: NowPorts,
  { limits, library }: NowSettings,
  caller: Caller,
): Promise<NowView> {
  const status = await describeStatus(ports, limits, caller, library);
  return { status, attention: await describeAttention(ports, library, caller, null) };
}

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/**
 * A few things depend on time alone, such as failures that are a day old, and messages that the
 * host has given up are not looked for. They may be so late.
 */
const LATE_MS = 300_000;

/**
 * A hash of the rows that `describeNow` would read for this caller: while it is the same, so is the
 * answer. It takes two requests. Null if nobody can know that: there are more rows than one page
 * has, or the budget cannot be read.
 */
export async function glanceAtNow(
  { ledger, clock }: Pick<NowPorts, "ledger" | "clock">,
  { limits }: NowSettings,
  caller: Caller,
): Promise<string | null> {
  const pages = await Promise.all([OUTSTANDING, RUNNING].map((range) => pageOf(ledger, range)));
  const rows = pages.flat();
  const nowMs = clock.earliest();
  const budget = await orSetAside(budgetAmong(rows));
  if (budget instanceof SetAside || pages.some(({ length }) => length === ROWS_MAX)) return null;
  const used = takenSlots(budget.slots, nowMs, limits).length;
  const timed = [used, admit(budget, nowMs, limits), Math.floor(nowMs / LATE_MS)];
  const seen = [caller.name, ...rows.flatMap(({ key, etag }) => [key, etag]), timed];
  return createHash("sha256").update(JSON.stringify(seen)).digest("base64url");
}

async function budgetAmong(rows: readonly Row[]): Promise<Budget> {
  return budgetIn(rows).value;
}

async function pageOf(ledger: LedgerReads, { from, before }: KeyRange): Promise<Row[]> {
  return await ledger.list(from, before, ROWS_MAX);
}
