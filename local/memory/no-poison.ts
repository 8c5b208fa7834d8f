import type { PoisonQueues } from "../../shared/ports.ts";

/** The poison queues of a host that has given up nothing. */
export const noPoison: PoisonQueues = { count: () => Promise.resolve([]) };
