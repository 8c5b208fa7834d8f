import { endedIn, REACHED, type RoundCounts, type RoundRecord } from "./round.ts";
import { AGAIN, type Swept, type Target } from "./target.ts";

/** True while a rerun still looks for the machines that it asks again. */
export function isRerunning({ state, rerun }: Pick<RoundRecord, "state" | "rerun">): boolean {
  return state === "running" && rerun !== null && rerun.to !== null;
}

/** True for a machine that is asked again while no listing has looked for it since. */
export function isUnlisted(
  { listedAtMs }: Pick<RoundRecord, "listedAtMs">,
  held: Pick<Target, "listedAtMs">,
  before: Pick<Swept, "state"> | null,
): boolean {
  return before?.state === AGAIN && (listedAtMs ?? 0) < held.listedAtMs;
}

/** How machines end that a rerun does not ask again; it does ask those that were skipped. */
const NOT_MISSED: ReadonlySet<string> = new Set([REACHED, "recent", "laterRound"]);

/** True if who ended in this way may be asked again. */
export function isMissed(how: string): boolean {
  return !NOT_MISSED.has(how);
}

/** How many ended without success and may be asked again. */
export function missedIn({ ended }: Pick<RoundCounts, "ended">): number {
  return endedIn({ ended: ended.filter(({ how }) => isMissed(how)) });
}
