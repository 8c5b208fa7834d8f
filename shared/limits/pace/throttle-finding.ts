import type { Budget } from "./budget.ts";

/** What lrq concludes from a 429 to a POST. */
export interface ThrottleFinding {
  /**
   * `sessionCap`: the tenant takes fewer sessions than assumed; `othersUseTheQuota`: our own calls
   * were fewer than the window has; `window`: our own calls filled the window.
   */
  readonly concluded: "sessionCap" | "othersUseTheQuota" | "window";
  /** The new cap on sessions, if it was learned. */
  readonly sessionCap: number | null;
  /** Until when nothing leaves, epoch milliseconds; null if the door stays open. */
  readonly doorClosedUntilMs: number | null;
}

/** Read from the budget before the 429 and after it. */
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
