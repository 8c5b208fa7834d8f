import type { Known } from "./authenticate.ts";

/** Which signed requests were here before, as far as this process has seen them. */
export interface Replays {
  /** Notes the request. True if it is a copy of an earlier one, whatever the answer to that was. */
  isCopy(known: Known): boolean;
}

/** The messages that are remembered, newest last. Our own bound: some megabytes. */
const REMEMBERED_MAX = 20_000;

/**
 * How often Jira may send one webhook: once, and five times more if it gets no good answer. Our own
 * bound, because Atlassian names none.
 */
const JIRA_DELIVERIES_MAX = 6;

/**
 * A sender of Standard Webhooks that tries again signs again, with the time of the new try (1.0.0,
 * "Webhook metadata"). So a message with an id that is known and no newer time is a copy, and
 * somebody else may have sent it. Jira's signature covers no time, and a second try looks like a
 * copy. So only the number of tries is bounded.
 */
export function createReplays(): Replays {
  const noted = new Map<string, number>();
  return {
    isCopy: ({ caller, signed }) => {
      if (signed === null) return false;
      const key = `${caller.name} ${signed.id}`;
      const before = noted.get(key) ?? 0;
      const now = signed.atSeconds ?? before + 1;
      const isCopy = signed.atSeconds === null ? now > JIRA_DELIVERIES_MAX : now <= before;
      noted.delete(key);
      noted.set(key, Math.max(before, now));
      const [oldest] = noted.keys();
      if (noted.size > REMEMBERED_MAX && oldest !== undefined) noted.delete(oldest);
      return isCopy;
    },
  };
}
