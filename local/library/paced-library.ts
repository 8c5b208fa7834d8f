import type { Reply } from "../../shared/ports.ts";
import { createPace, type Pace, type PaceClock } from "./call-pace.ts";
import type { TenantLibrary } from "./open-library.ts";

/** Without `Retry-After`, a minute: the shorter of the two windows. */
const THROTTLED_MS = 60_000;
/** An hour's quota can be used up by others; nobody waits for that at a terminal. */
const WAIT_MOST_MS = 300_000;
const WAITS_MAX = 3;

/**
 * The library, with each call within the quota of its API. A 429 says that nothing was done, so the
 * call may be made again. The wait is what Defender asks for. After three waits, or for one above
 * five minutes, the 429 is the answer.
 */
export function pacedLibrary(library: TenantLibrary, clock: PaceClock): TenantLibrary {
  const [lists, uploads, removals] = [createPace(clock), createPace(clock), createPace(clock)];
  const patiently = async <T>(pace: Pace, call: () => Promise<Reply<T>>): Promise<Reply<T>> => {
    for (let waits = 0; ; waits += 1) {
      await pace();
      const reply = await call();
      if (reply.kind !== "throttled" || waits === WAITS_MAX) return reply;
      const waitMs = reply.retryAfterMs ?? THROTTLED_MS;
      if (waitMs > WAIT_MOST_MS) return reply;
      await clock.sleep(waitMs);
    }
  };
  return {
    list: () => patiently(lists, () => library.list()),
    upload: (file, override) => patiently(uploads, () => library.upload(file, override)),
    remove: (name) => patiently(removals, () => library.remove(name)),
  };
}
