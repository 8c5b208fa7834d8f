import type { Ports } from "../../shared/ports.ts";
import type { Epoch } from "./hosts.ts";
import { between } from "./streams.ts";
import { unlessAside } from "./versions.ts";
import type { World } from "./world.ts";

/** A sender gives up after a minute, and asks again later, with the same key, until it is told. */
const SENDER_TIMEOUT_MS = 60_000;
type Ask<T> = (ports: Ports, epoch: Epoch) => Promise<T | "silence">;

/** Asks any host alive until one answers; whoever asked never learns why one did not. */
export async function insist<T>(world: World, ask: Ask<T>): Promise<T> {
  const { clock, hosts } = world;
  for (;;) {
    const epoch = hosts.any();
    const asked = epoch === null ? "silence" : await answerOf(world, epoch, ask);
    if (asked !== "silence") return asked.value;
    await clock.sleep(between(world.hostRandom, 5_000, 30_000));
  }
}

async function answerOf<T>(
  world: World,
  epoch: Epoch,
  ask: Ask<T>,
): Promise<{ value: T } | "silence"> {
  const timeout = world.clock.sleep(SENDER_TIMEOUT_MS).then(() => "silence" as const);
  const answered = world
    .invoke(epoch, async (ports) => await unlessAside(async () => await ask(ports, epoch)))
    .then((done) =>
      done.kind === "done" && done.value !== "silence" ? { value: done.value } : "silence",
    );
  return await Promise.race([answered, timeout]);
}
