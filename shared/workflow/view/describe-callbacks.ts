import type { Caller } from "../../access/caller.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { DEAD, NOTICE } from "../../ledger/row/keys.ts";
import { deadNoticeSchema, type DeadNotice } from "../../ledger/outbox/notice.ts";
import { orSetAside, SetAside, sorted } from "../../ledger/row/set-aside.ts";
import type { Ports } from "../../ports.ts";
import { counted, type Count } from "../../store/count-rows.ts";
import { reachRun } from "../../store/reach-run.ts";

/** Callbacks that are owed, and dead ones. */
export interface CallbacksView {
  readonly pending: Count;
  readonly dead: Count;
  /** Those of the first hundred dead ones that the caller's rights reach, by run. */
  readonly deadOnes: readonly DeadView[];
}

interface DeadView {
  readonly runId: string;
  readonly messageId: string;
  readonly event: string;
  readonly sequenceId: string | null;
  /** Only the host of the address, because the rest can be a secret. */
  readonly host: string;
  readonly tries: number;
  readonly lastAnswer: string;
  readonly diedAt: string;
}

const SHOWN_MAX = 100;

/** All callbacks are counted; the dead ones are shown of runs that the caller's rights reach. */
export async function describeCallbacks(
  ledger: Ports["ledger"],
  caller: Caller,
): Promise<CallbacksView> {
  const rows = await ledger.list(DEAD.from, DEAD.before, SHOWN_MAX);
  const dead = sorted(deadNoticeSchema, rows).readable.map(({ value }) => value);
  const reached = new Map<string, boolean>();
  for (const { runId } of dead) {
    if (!reached.has(runId)) reached.set(runId, await isReached(ledger, caller, runId));
  }
  return {
    pending: await counted(ledger, NOTICE),
    dead: await counted(ledger, DEAD),
    deadOnes: dead.filter(({ runId }) => reached.get(runId)).map(deadView),
  };
}

async function isReached(ledger: Ports["ledger"], caller: Caller, runId: string): Promise<boolean> {
  const run = await orSetAside(reachRun(ledger, caller, runId));
  // Nobody knows the team of a run that cannot be read.
  return run instanceof SetAside ? caller.all : run !== null;
}

function deadView({ noticeId, diedAtMs, said, ...rest }: DeadNotice): DeadView {
  const { runId, event, sequenceId, host, tries } = rest;
  const diedAt = isoOf(diedAtMs);
  const lastAnswer = said ?? "";
  return { runId, messageId: noticeId, event, sequenceId, host, tries, lastAnswer, diedAt };
}
