import { setTimeout as sleep } from "node:timers/promises";
import type { Moment } from "./frame.ts";
import type { LrqClient } from "./lrq-client.ts";
import type { RunAnswer } from "../run-answer.ts";

/** A run to follow, and what to call it. */
export interface Followed {
  readonly runId: string;
  readonly title: string;
}

export interface FollowOptions {
  readonly client: LrqClient;
  readonly followed: readonly Followed[];
  /** Machine ids in the order in which people want to see them. */
  readonly order: readonly string[];
  readonly show: (moment: Moment) => void;
  readonly signal: AbortSignal;
}

/**
 * How often lrq is asked: quick enough to see commands go by, and little work for a slow machine.
 */
const ASK_MS = 500;
/** Between two answers only the seconds move. */
const SHOW_MS = 250;
/**
 * It takes half a minute; a slow computer gets much more before the demo says that something is
 * wrong.
 */
const FOLLOW_MS = 180_000;

/**
 * Shows how the runs go on until all are finished. Throws if that takes too long, or lrq cannot be
 * asked.
 */
export async function follow(options: FollowOptions): Promise<readonly RunAnswer[]> {
  const { client, followed, order, show, signal } = options;
  const startedAtMs = Date.now();
  while (Date.now() < startedAtMs + FOLLOW_MS) {
    const [status, ...answers] = await Promise.all([
      client.status(),
      ...followed.map(async ({ runId, title }) => ({
        title,
        run: inOrder(await client.run(runId), order),
      })),
    ]);
    const askedAtMs = Date.now();
    const isOver = answers.every(({ run }) => run.state === "finished");
    do {
      show({ nowMs: Date.now(), startedAtMs, runs: answers, status });
      if (isOver) return answers.map(({ run }) => run);
      await sleep(SHOW_MS, undefined, { signal });
    } while (Date.now() < askedAtMs + ASK_MS);
  }
  throw new Error(`the runs were not finished after ${FOLLOW_MS / 1_000} s`);
}

function inOrder(run: RunAnswer, order: readonly string[]): RunAnswer {
  const placeOf = (machineId: string) => {
    const place = order.indexOf(machineId);
    return place < 0 ? order.length : place;
  };
  const sequences = run.sequences.toSorted((a, b) => placeOf(a.machineId) - placeOf(b.machineId));
  return { ...run, sequences };
}
