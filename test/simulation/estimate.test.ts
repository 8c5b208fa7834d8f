import { describe, expect, it } from "vitest";
import { machinesOf } from "../../bench/drain/backlog.ts";
import { whileTimePasses } from "../../bench/drain/run-virtual.ts";
import { beginAgain, preview, theRound } from "../../bench/sweeps/one-sweep.ts";
import { createSweptWorld } from "../../bench/sweeps/swept-world.ts";
import type { Definition } from "../../shared/sweep/definition.ts";

interface Fleet {
  readonly machines: number;
  readonly share: number;
  readonly sessionMs: readonly [number, number];
  /** The share of machines that have reported lately and are not there. */
  readonly offline: number;
  readonly expires: string;
  readonly window?: Definition["window"];
}

const SHORT = [30_000, 90_000] as const;
const USUAL = [60_000, 120_000] as const;
const LONG = [180_000, 300_000] as const;

const FLEETS: readonly Fleet[] = [
  { machines: 100, share: 1, sessionMs: SHORT, offline: 0, expires: "25m" },
  { machines: 100, share: 1, sessionMs: SHORT, offline: 0.3, expires: "25m" },
  { machines: 120, share: 0.5, sessionMs: SHORT, offline: 0.2, expires: "40m" },
  { machines: 100, share: 0.5, sessionMs: [120_000, 240_000], offline: 0.1, expires: "40m" },
  { machines: 120, share: 1, sessionMs: LONG, offline: 0.25, expires: "45m" },
  { machines: 120, share: 0.5, sessionMs: [240_000, 360_000], offline: 0.4, expires: "1h" },
  { machines: 60, share: 0.5, sessionMs: USUAL, offline: 0.1, expires: "25m" },
  { machines: 150, share: 1, sessionMs: USUAL, offline: 0.4, expires: "35m" },
  { machines: 80, share: 0.25, sessionMs: USUAL, offline: 0.3, expires: "55m" },
  { machines: 120, share: 0.5, sessionMs: [120_000, 180_000], offline: 0.15, expires: "45m" },
];

/** The virtual time begins at eight: the second round begins before the gap, or in it. */
const WITH_A_GAP: readonly Fleet[] = [
  {
    machines: 120,
    share: 0.5,
    sessionMs: USUAL,
    offline: 0,
    expires: "4h",
    window: butFor(40, 70),
  },
  {
    machines: 120,
    share: 1,
    sessionMs: LONG,
    offline: 0.2,
    expires: "50m",
    window: butFor(48, 60),
  },
];

describe("the estimate of a preview", () => {
  it("is right within a fifth for nine of ten rounds that had one before them", async () => {
    const errors: number[] = [];
    for (const [at, fleet] of FLEETS.entries()) errors.push(await relativeError(fleet, at));
    errors.sort((a, b) => a - b);
    expect(errors).toHaveLength(10);
    expect(errors[8]).toBeLessThan(0.2);
  });

  it("is so for rounds that a closed window interrupts or delays", async () => {
    for (const [at, fleet] of WITH_A_GAP.entries()) {
      expect(await relativeError(fleet, at)).toBeLessThan(0.2);
    }
  });
});

/** How far off it was for the second round, as a share of the time until the last has ended. */
async function relativeError({ machines, offline, ...fleet }: Fleet, seed: number) {
  const machineIds = machinesOf("estimated", machines);
  const isOffline = (id: string): boolean => shareOf(id) < offline;
  const world = await createSweptWorld({ ...fleet, seed, workers: 1, machineIds, isOffline });
  world.start();
  await untilEnded(world, 1);
  const beganAtMs = world.clock.nowMs();
  let estimatedMs = Number.NaN;
  const ports = world.ports("accept");
  const starting = async () => {
    estimatedMs = (await preview(ports)).estimatedMinutes * 60_000;
    await beginAgain(ports);
  };
  await whileTimePasses(world, starting());
  await untilEnded(world, 2);
  const there = machineIds.filter((id) => !isOffline(id));
  const ends = there.map((id) => world.tenant.endsAtMs.get(id) ?? Number.NaN);
  // Each has had its turn again, or the round has missed one that was there.
  expect(ends.filter((endMs) => !(endMs > beganAtMs))).toEqual([]);
  const tookMs = Math.max(...ends) - beganAtMs;
  return Math.abs(estimatedMs - tookMs) / tookMs;
}

/** A window that is open all day but for these minutes after eight. */
function butFor(from: number, to: number): Definition["window"] {
  return { from: afterEight(to), to: afterEight(from), zone: "UTC" };
}

function afterEight(minutes: number): string {
  return new Date((8 * 60 + minutes) * 60_000).toISOString().slice(11, 16);
}

async function untilEnded(
  { clock, ledger }: Awaited<ReturnType<typeof createSweptWorld>>,
  number: number,
): Promise<void> {
  while ((await theRound(ledger, number)).state !== "ended") {
    await clock.advanceTo(clock.nowMs() + 60_000);
  }
}

/** Evenly between 0 and 1, and not by what decides its place in the line or its length. */
function shareOf(machineId: string): number {
  return Number.parseInt(machineId.slice(16, 22), 16) / 2 ** 24;
}
