import { isoOf } from "../../ledger/row/instant.ts";
import { DEAD, NOTICE } from "../../ledger/row/keys.ts";
import { deadNoticeSchema, type DeadNotice } from "../../ledger/outbox/notice.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Ports } from "../../ports.ts";
import { counted, type Count } from "../../store/count-rows.ts";

/** Callbacks that are owed, and dead ones. */
export interface CallbacksView {
  readonly pending: Count;
  readonly dead: Count;
  /** The first hundred of the dead ones, in the order of their runs. */
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

export async function describeCallbacks(ledger: Ports["ledger"]): Promise<CallbacksView> {
  const dead = await ledger.list(DEAD.from, DEAD.before, SHOWN_MAX);
  return {
    pending: await counted(ledger, NOTICE),
    dead: await counted(ledger, DEAD),
    deadOnes: sorted(deadNoticeSchema, dead).readable.map(({ value }) => deadView(value)),
  };
}

function deadView({ noticeId, diedAtMs, said, ...rest }: DeadNotice): DeadView {
  const { runId, event, sequenceId, host, tries } = rest;
  const diedAt = isoOf(diedAtMs);
  const lastAnswer = said ?? "";
  return { runId, messageId: noticeId, event, sequenceId, host, tries, lastAnswer, diedAt };
}
