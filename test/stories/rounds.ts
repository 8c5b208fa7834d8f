import { roundAnswerSchema, type RoundAnswer } from "../../shared/api/sweep-answers.ts";
import type { Asking } from "./asking.ts";
import { until } from "./until.ts";

/** Which round of which sweep, and the key of who may read it. */
interface Which {
  readonly sweep: string;
  readonly round: number;
  readonly key: string;
}

/** The round once `holds` is true of it; in vain throws with the last answer. */
export async function untilRound(
  { call }: Pick<Asking, "call">,
  { sweep, round, key }: Which,
  holds: (round: RoundAnswer) => boolean,
): Promise<RoundAnswer> {
  const { body } = await until(
    async () => await call("GET", `sweeps/${sweep}/rounds/${round}`, undefined, { key }),
    (answered) => answered.status === 200 && holds(roundAnswerSchema.parse(answered.body)),
    (answered) => `round ${round} of ${sweep}: ${JSON.stringify(answered.body, null, 1)}`,
  );
  return roundAnswerSchema.parse(body);
}

/**
 * True once so many machines of a round are in its first run. `sent` also counts those about to be
 * in one; whoever stops the round then finds them stopped, and not cancelled.
 */
export function areInItsRun(machines: number): (round: RoundAnswer) => boolean {
  return ({ counts, batches }) => counts.sent === machines && batches === 1;
}

export function hasEnded({ state }: RoundAnswer): boolean {
  return state === "ended";
}
