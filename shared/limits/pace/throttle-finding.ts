import type { Budget } from "./budget.ts";

/** What lrq made of a 429 to a POST. */
export interface ThrottleFinding {
  /**
   * `sessionCap`: the tenant takes fewer sessions than assumed; `othersUseTheQuota`: our own calls
   * were fewer than the window has; `window`: they were as many.
   */
  readonly concluded: "sessionCap" | "othersUseTheQuota" | "window";
  /** The sessions it is held to from now on, if that was learned. */
  readonly sessionCap: number | null;
  /** Until when nothing leaves, epoch milliseconds; null if the door stays open. */
  readonly doorClosedUntilMs: number | null;
}

/** Read from the budget as it was before the 429 and as it is after it. */
export function throttleFinding(before: Budget, after: Budget): ThrottleFinding {
  const { door, learnedSessions, learnedAtMs } = after;
  const doorClosedUntilMs = door.closedUntilMs > door.last429AtMs ? door.closedUntilMs : null;
  const hasLearned =
    learnedSessions !== null &&
    (learnedSessions !== before.learnedSessions || learnedAtMs !== before.learnedAtMs);
  if (hasLearned)
    return { concluded: "sessionCap", sessionCap: learnedSessions, doorClosedUntilMs };
  const concluded = door.othersSuspected ? "othersUseTheQuota" : "window";
  return { concluded, sessionCap: null, doorClosedUntilMs };
}
