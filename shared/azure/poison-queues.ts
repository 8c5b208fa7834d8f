import type { PoisonQueues } from "../ports.ts";
import { statusOf, type StorageAccess } from "./access.ts";
import { QUEUES } from "./bell-queues.ts";
import { queueAt } from "./quick-clients.ts";

/** The queues into which the host moves a message after five failures: one for each of ours. */
export function createPoisonQueues(access: StorageAccess): PoisonQueues {
  const names = Object.values(QUEUES).map((name) => `${name}-poison`);
  return {
    count: async () => {
      const counts = await Promise.all(names.map(async (name) => await countIn(access, name)));
      return counts.some((each) => each === null) ? null : counts.flatMap((each) => each ?? []);
    },
  };
}

type Counts = NonNullable<Awaited<ReturnType<PoisonQueues["count"]>>>;

/** Empty for a queue that is not there: it has never been needed. */
async function countIn(access: StorageAccess, queue: string): Promise<Counts | null> {
  try {
    const { approximateMessagesCount: count = 0 } = await queueAt(access, queue).getProperties();
    return count === 0 ? [] : [{ queue, count }];
  } catch (error) {
    return statusOf(error) === 404 ? [] : null;
  }
}
