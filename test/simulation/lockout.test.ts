import { stream } from "./streams.ts";
import { ofEveryTeam, reading } from "../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import { describeStatus } from "../../shared/workflow/view/describe-status.ts";
import { createWorld } from "./create-world.ts";
import { NO_FAULTS } from "./faults.ts";
import {
  CALM_TENANT,
  SHIPPED,
  steadyMachine,
  UNGUARDED,
  type Bar,
  type Scenario,
} from "./scenario.ts";
import { startSenders } from "./senders.ts";
import { simulate } from "./simulate.ts";
import { startPolling } from "./timers.ts";

const MINUTE_MS = 60_000;
const MACHINES = Array.from({ length: 24 }, (_, at) => steadyMachine(at + 1));

/** 24 machines of one incident, a minute after the start, and Defender refusing this. */
function barredBy(bar: Bar, expiryMs = 3 * 3_600_000): Scenario {
  const machineIds = MACHINES.map(({ machineId }) => machineId);
  const sent = { atMs: MINUTE_MS, incidentId: "i", profile: "sweep-file", copies: 1 } as const;
  return {
    seed: 5,
    profile: "calm",
    limits: SHIPPED,
    ...UNGUARDED,
    lingerMs: 120_000,
    expiryMs,
    hosts: 2,
    pollEveryMs: 5_000,
    pollsOverlap: false,
    machines: MACHINES,
    arrivals: [{ ...sent, machineIds, idempotencyKey: null }],
    operations: [],
    foreign: [],
    tenant: CALM_TENANT,
    bars: [bar],
    healAtMs: 0,
    rates: NO_FAULTS,
  };
}

describe("while Defender refuses to start anything", () => {
  it("one probe asks for all, ever more seldom, and all is done once it gets through", async () => {
    const bar: Bar = { call: "submit", fromMs: 0, untilMs: 17 * MINUTE_MS };
    const { violation, world } = await simulate(barredBy(bar));
    expect(violation).toBeNull();
    const states = [...world.judge.ledger.records.values()].map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(["succeeded"]));
    // Refused after 1, 2, 4, 8 and 16 minutes; the next comes after 31, and then all others.
    expect(world.faults.calls.get("defender.submit")).toBe(5 + 24);
  });

  it.each<[Bar["call"], string]>([
    ["token", "There is no access token"],
    ["submit", "Defender refuses to start sessions"],
    ["list", "Defender refuses to list actions"],
  ])("every look gives one reason for a refused %s, to all who wait", async (call, words) => {
    const world = createWorld(barredBy({ call, fromMs: 0, untilMs: null }), null);
    startPolling(world);
    startSenders(world);
    const { clock, startMs, ledger } = world;
    const reasons = new Set<string>();
    const kinds = new Set<string>();
    for (let minute = 2; minute < 40; minute += 1) {
      await clock.advanceTo(startMs + minute * MINUTE_MS);
      const random = stream(1, "readers");
      const ports = { ledger, random, clock: { ...anEarliest(clock.nowMs()) } };
      const [runId = ""] = [...world.judge.promisedIds].map((id) => id.split(".")[0]);
      const run = await describeRun(ports, SHIPPED, runId, reading());
      for (const { waits } of run?.sequences ?? []) {
        reasons.add(`${waits?.code}: ${waits?.detail.split(",")[0]}`);
        expect(waits?.estimatedStart).toBeNull();
      }
      const status = await describeStatus(ports, SHIPPED, ofEveryTeam("op"));
      kinds.add(`${status.next.kind} ${status.lockedOut?.call}`);
    }
    expect([...reasons].filter((each) => !each.startsWith(`lockedOut: ${words}`))).toEqual([]);
    expect([...kinds]).toEqual([`lockedOut ${call}`]);
  });
});

describe("a token that may start and not look", () => {
  it("starts one sequence and no more, and all of them end by their expiry", async () => {
    const bar: Bar = { call: "list", fromMs: 0, untilMs: null };
    const { violation, world } = await simulate(barredBy(bar));
    expect(violation).toBeNull();
    expect(world.tenant.actions).toHaveLength(1);
    const ends = [...world.judge.ledger.records.values()].map(({ outcome }) => outcome?.code);
    expect(ends.filter((code) => code === "expired")).toHaveLength(23);
    expect(ends.filter((code) => code === "notKnown")).toHaveLength(1);
  });

  it("that loses the right in the middle starts no more than a window's calls after", async () => {
    const bar: Bar = { call: "list", fromMs: 80_000, untilMs: null };
    const { violation, world } = await simulate(barredBy(bar));
    expect(violation).toBeNull();
    const after = world.tenant.actions.filter(
      ({ createdAtMs }) => createdAtMs > world.startMs + 80_000,
    );
    expect(after.length).toBeLessThanOrEqual(SHIPPED.callsPerWindow);
  });
});

describe("without a token for days", () => {
  it("nothing is sent, and all of it expires", async () => {
    const bar: Bar = { call: "token", fromMs: 0, untilMs: null };
    const days = { ...barredBy(bar, 72 * 3_600_000), pollEveryMs: 60_000 };
    const { violation, world } = await simulate(days);
    expect(violation).toBeNull();
    expect(world.tenant.actions).toEqual([]);
    const states = [...world.judge.ledger.records.values()].map(({ state }) => state);
    expect(states).toEqual(Array<string>(24).fill("expired"));
  });
});

function anEarliest(nowMs: number) {
  const now = () => nowMs;
  return { earliest: now, latest: now, monotonicMs: now, sleep: async () => {} };
}
