import type { AuditFacts } from "../evidence/audit.ts";
import { newsOfNoRun, type Notice } from "../ledger/outbox/notice.ts";
import type { Budget } from "../limits/pace/budget.ts";
import { lockoutOf } from "../limits/pace/lockout.ts";

/** Defender often closes the door for less, and that is not worth a message. */
const TOLD_FROM_MS = 120_000;

/** True if those who follow the queue know, or are told now, that a 429 keeps the door closed. */
export function isThrottleTold(before: Budget, { door }: Budget): boolean {
  const isClosed = door.untried && door.closedBy === "throttled";
  const wasTold = before.door.untried && before.door.throttleTold;
  const isNew = door.closedUntilMs > before.door.closedUntilMs;
  const isLong = door.closedUntilMs - door.last429AtMs >= TOLD_FROM_MS;
  return isClosed && (wasTold || (isNew && isLong));
}

/**
 * What is owed to those who follow the queue when `after` is written in the place of `before`, with
 * `facts` for its log. They are told once of each closing of the door, and of each call that
 * Defender refuses.
 */
export function queueNotices(
  before: Budget,
  after: Budget,
  facts: readonly AuditFacts[],
): readonly Notice[] {
  const wasTold = before.door.untried && before.door.throttleTold;
  return [
    ...facts.flatMap((fact) => pauseNotices(before, after, fact)),
    ...lockoutNotices(before, after),
    ...(isThrottleTold(before, after) && !wasTold ? [doorNotice(after)] : []),
  ];
}

function pauseNotices(
  before: Budget,
  { audit }: Budget,
  { event, by, detail, at }: AuditFacts,
): Notice[] {
  const paused = event === "paused";
  if (!paused && !(event === "resumed" && before.paused !== null)) return [];
  const about = { kind: "queuePaused", paused, by: by ?? "", why: detail } as const;
  return [newsOfNoRun("queue.paused", { about, which: `${audit.count}`, nowMs: Date.parse(at) })];
}

function lockoutNotices(before: Budget, { lockouts }: Budget): Notice[] {
  return lockouts
    .filter(({ call }) => lockoutOf(before, call) === null)
    .map(({ call, httpStatus, detail, sinceMs }) => {
      const about = { kind: "throttled", call, httpStatus, detail, untilMs: null } as const;
      const which = `${call} ${sinceMs}`;
      return newsOfNoRun("queue.throttled", { about, which, nowMs: sinceMs });
    });
}

function doorNotice({ door }: Budget): Notice {
  const detail = door.othersSuspected ? "Others use the limit, too." : "The limit is used up.";
  const untilMs = Math.ceil(door.closedUntilMs);
  const about = { kind: "throttled", call: "submit", httpStatus: 429, detail, untilMs } as const;
  const which = `door ${door.last429AtMs}`;
  return newsOfNoRun("queue.throttled", { about, which, nowMs: door.last429AtMs });
}
