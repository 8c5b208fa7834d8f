import { setTimeout as pass } from "node:timers/promises";
import type { Random } from "../../shared/ports.ts";
import { createSeededRandom } from "../memory/random.ts";
import type { Cloud, HostPlace } from "./cloud.ts";

export interface MischiefOptions {
  readonly cloud: Cloud;
  readonly seed: number;
  /** Until then; what was broken stands again when it returns. */
  readonly over: AbortSignal;
  readonly say: (line: string) => void;
}

type Span = readonly [fromMs: number, untilMs: number];

const HOST_LIVES: Span = [2_000, 9_000];
const HOST_IS_DOWN: Span = [0, 3_000];
/** Past the guard time of a POST, and now and then past a driver's promise of 20 s. */
const HOST_STALLS: Span = [4_000, 12_000];
const HOST_STALLS_LONG: Span = [21_000, 25_000];
const LONG_SHARE = 0.15;
const STORAGE_LIVES: Span = [8_000, 25_000];
const STORAGE_IS_DOWN: Span = [0, 3_000];

/**
 * Kills and holds hosts, each at times of its own, and kills storage too; every draw is from the
 * seed, though how far the processes are by then is not.
 */
export async function makeMischief({ cloud, seed, over, say }: MischiefOptions): Promise<void> {
  await Promise.all([
    ...cloud.places.map(async (place, index) => {
      await troubleHost(place, createSeededRandom(seed * 100 + index + 1), over, say);
    }),
    troubleStorage(cloud, createSeededRandom(seed * 100), over, say),
  ]);
}

async function troubleHost(
  place: HostPlace,
  random: Random,
  over: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  while (await passed(drawn(random, HOST_LIVES), over)) {
    if (random.fraction() < 0.5) {
      say(`${place.name} is killed`);
      place.kill();
      await passed(drawn(random, HOST_IS_DOWN), over);
      await place.start();
      say(`${place.name} is up again`);
    } else {
      const isLong = random.fraction() < LONG_SHARE;
      const stallMs = drawn(random, isLong ? HOST_STALLS_LONG : HOST_STALLS);
      say(`${place.name} is frozen for ${Math.round(stallMs / 1_000)} s`);
      place.freeze();
      await passed(stallMs, over);
      place.thaw();
      say(`${place.name} goes on`);
    }
  }
}

async function troubleStorage(
  cloud: Cloud,
  random: Random,
  over: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  while (await passed(drawn(random, STORAGE_LIVES), over)) {
    say("storage is killed");
    await cloud.killStorage();
    await passed(drawn(random, STORAGE_IS_DOWN), over);
    await cloud.startStorage();
    say("storage is up again");
  }
}

function drawn(random: Random, [fromMs, untilMs]: Span): number {
  return fromMs + random.fraction() * (untilMs - fromMs);
}

/** True once the time has passed, false as soon as it is over. */
async function passed(ms: number, over: AbortSignal): Promise<boolean> {
  await pass(ms, undefined, { signal: over }).catch(() => undefined);
  return !over.aborted;
}
