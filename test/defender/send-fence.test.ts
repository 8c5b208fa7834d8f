import { PLATFORMS } from "../../shared/incident/incident.ts";
import { wholeFor } from "../access/reaching.ts";
import { expect, it, onTestFinished, vi } from "vitest";
import { createDefender } from "../../shared/defender/client.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { drain } from "../../shared/workflow/submit/drain.ts";
import { pause } from "../../shared/workflow/operate/pause.ts";
import { startStalledServer, type StalledServer } from "../http/stalled-server.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../workflow/accepting.ts";

/*
 * The real client against a real TLS server, on a wire that is held until somebody has said stop.
 * The clock is the test's: it says when time has passed.
 */
const AN_HOUR_MS = 3_600_000;
const LIMITS = someLimits();
const BELL = { why: "accepted", runId: null, urgent: false } as const;

it.each([
  ["a pause", async ({ ports }: Accepting) => await pause(ports, { by: "ana", why: "stop" })],
  [
    "a cancel",
    async ({ ports }: Accepting, runId: string) =>
      await cancelRun(ports, LIMITS, runId, wholeFor("ana")),
  ],
])(
  "nothing of a POST arrives when its handshake takes longer after %s than the fence",
  async (_, stop) => {
    const { world, door, draining, runId } = await underWay();
    await stop(world, runId);
    world.pass(LIMITS.sendFenceMs);
    door.open();
    await draining;
    await door.left();
    expect(door.heard()).toBe("");
  },
);

it("a POST whose handshake is done in time arrives, and is waited for as long as any call", async () => {
  const { world, door, draining } = await underWay();
  world.pass(LIMITS.sendFenceMs - 1);
  door.open();
  await door.hears("}");
  world.pass(LIMITS.callTimeoutMs);
  door.answer();
  expect((await draining).ended).toBe("nothing");
  expect(door.heard()).toMatch(/^POST \/api\/machines\/0{39}1\/runliveresponse HTTP/);
});

it("a POST whose handshake stalls is given up in time, and the next drain finds the work", async () => {
  const { world, door, draining } = await begun(50);
  expect((await draining).ended).toBe("wait");
  expect(door.heard()).toBe("");
  expect((await world.unfolded()).map(({ state }) => state)).toEqual(["waiting"]);
});

/** A drain that has claimed and has somebody at the door. */
async function underWay() {
  const begins = await begun(LIMITS.sendFenceMs);
  await begins.door.knocked();
  return begins;
}

async function begun(sendFenceMs: number) {
  // The certificates of tests vouch for another name than that of this machine.
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  onTestFinished(() => void vi.unstubAllEnvs());
  const door: StalledServer = await startStalledServer();
  const world = startAccepting({});
  const accepted = await world.accept("one", [1]);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  const defender = createDefender({
    baseUrl: `https://127.0.0.1:${new URL(door.url).port}`,
    getToken: async () => ({ token: "t", expiresAtMs: AN_HOUR_MS }),
    nowMs: () => 0,
    timeouts: { submitMs: 20_000, readMs: 20_000, tokenMs: 20_000, stallMs: 20_000 },
    linkHosts: [],
  });
  const ports = { ...world.ports, defender };
  const settings = {
    limits: { ...LIMITS, sendFenceMs },
    lingerMs: 0,
    scope: {},
    factsAgeMs: 600_000,
    library: null,
    platformsOf: () => PLATFORMS,
    watch: async () => {},
  };
  const draining = drain(ports, settings, BELL);
  return { world, door, draining, runId: accepted.run.runId };
}
