import { QUEUES } from "../azure/bell-queues.ts";
import { statusOf, type StorageAccess } from "../azure/access.ts";
import { found, ok, type Finding } from "./finding.ts";
import { queueAt } from "../azure/quick-clients.ts";

/** A drain rings once for many sequences, so more messages than this mean that none are taken. */
const MANY = 1_000;

/** How many messages wait, and how many were given up by the host: five throws make one poison. */
export async function checkQueues(access: StorageAccess): Promise<Finding[]> {
  const names = Object.values(QUEUES);
  const counted = names.map(async (name) => [
    await checkWaiting(access, name),
    await checkPoison(access, `${name}-poison`),
  ]);
  return (await Promise.all(counted)).flat();
}

async function checkWaiting(access: StorageAccess, name: string): Promise<Finding> {
  const check = `queue ${name}`;
  const count = await countIn(access, name);
  if (count === null) return notCounted(check);
  if (count <= MANY) return ok(check, `${count} messages.`);
  const fix = "Check whether the app runs, and what its log says of this queue's function.";
  return found("warning", check, `${count} messages: the app does not take them.`, fix);
}

async function checkPoison(access: StorageAccess, name: string): Promise<Finding> {
  const check = `queue ${name}`;
  const count = await countIn(access, name);
  if (count === null) return notCounted(check);
  if (count === 0) return ok(check, "No messages.");
  const fix =
    "Find in the app's log why its function threw, fix that, then clear the queue: messages are " +
    "only bells, and the poll rings again for all work that is recorded.";
  return found("error", check, `${count} messages were given up.`, fix);
}

/** Null if it could not be told; a queue that was never needed has no messages. */
async function countIn(access: StorageAccess, name: string): Promise<number | null> {
  try {
    const { approximateMessagesCount } = await queueAt(access, name).getProperties();
    return approximateMessagesCount ?? 0;
  } catch (error) {
    return statusOf(error) === 404 ? 0 : null;
  }
}

function notCounted(check: string): Finding {
  const fix = "Read the findings about the queues' rights first.";
  return found("unknown", check, "Its messages could not be counted.", fix);
}
