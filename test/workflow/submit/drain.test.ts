import { PLATFORMS } from "../../../shared/incident/incident.ts";
import { expect, it, describe } from "vitest";
import type { Limits } from "../../../shared/limits/pace/limits.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { drain, type DrainPorts } from "../../../shared/workflow/submit/drain.ts";
import { filesOf } from "../../../shared/plan/command/library-files.ts";
import { shippedCatalogue } from "../../plan/shipped.ts";
import { aLibrary, type ALibrary } from "../a-library.ts";
import { startGoingOn } from "../going-on.ts";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const platformsOf = () => PLATFORMS;

/** As a drain is deployed, in a tenant without scope; nobody watches. */
function lingering(limits: Limits) {
  return {
    limits,
    lingerMs: 240_000,
    scope: {},
    factsAgeMs: 600_000,
    library: null,
    platformsOf,
    watch: async () => {},
  };
}

it("a driver that leaves without a bell takes its promise back, so that the next may go at once", async () => {
  const app = startGoingOn();
  await app.accept("case", [1, 2, 3]);
  const settings = lingering(app.limits);
  const seen: (string | null)[] = [];
  const ledger: typeof app.ledger = {
    ...app.ledger,
    commit: async (changes) => {
      const outcome = await app.ledger.commit(changes);
      seen.push((await loadBudget(app.ledger)).value.driver?.hostId ?? null);
      return outcome;
    },
  };
  const bell = { why: "due", runId: null, urgent: false } as const;
  // Only one goes before Defender has shown a list.
  expect(await drain({ ...app.ports, ledger }, settings, bell)).toEqual({
    submitted: 1,
    ended: "unwatched",
  });
  expect(seen[0]).not.toBeNull();
  expect(seen.at(-1)).toBeNull();
});

it("a driver ends where nobody can read the budget as it leaves", async () => {
  const app = startGoingOn();
  await app.accept("case", [1, 2, 3]);
  const settings = lingering(app.limits);
  const drives = async () => (await loadBudget(app.ledger)).value.driver !== null;
  const ledger: typeof app.ledger = {
    ...app.ledger,
    commit: async (changes) => {
      const budget = changes.find(({ key }) => key === "rate-token");
      const leaves = budget !== undefined && budget.op !== "delete" && !isDriven(budget.body);
      // A newer version writes it right before the promise is taken back.
      if (leaves && (await drives())) await app.tamper("rate-token", { v: 99 });
      return await app.ledger.commit(changes);
    },
  };
  const bell = { why: "due", runId: null, urgent: false } as const;
  const report = await drain({ ...app.ports, ledger }, settings, bell);
  expect(report).toEqual({ submitted: 1, ended: "unwatched" });
  expect(await app.body("rate-token")).toMatchObject({ v: 99 });
});

function isDriven(budget: unknown): boolean {
  return typeof budget === "object" && budget !== null && "driver" in budget && !!budget.driver;
}

const LIMITS = someLimits();
const SETTINGS = {
  limits: LIMITS,
  lingerMs: 240_000,
  scope: {},
  factsAgeMs: 600_000,
  library: null,
  platformsOf: () => PLATFORMS,
  watch: async () => {},
};

/**
 * Drains after each other, each by the bell of the one before, until so many POSTs went or no bell
 * is left. Defender refuses all of them to the app as such. Returns when they went, milliseconds.
 */
async function refusedPosts(count: number): Promise<number[]> {
  const world = startAccepting();
  await world.accept("locked out", [1, 2, 3]);
  await world.unfolded();
  const { clock, defender } = world.ports;
  const bells = createMemoryBells({ nowMs: () => clock.earliest() });
  const postedAtMs: number[] = [];
  const ports: DrainPorts = {
    ...world.ports,
    bells,
    clock: { ...clock, sleep: async (ms) => world.pass(ms) },
    defender: {
      ...defender,
      prepare: async () => ({ kind: "answered", value: null }),
      submit: async () => {
        postedAtMs.push(clock.earliest());
        return { kind: "refused", httpStatus: 403, code: "Forbidden", detail: "no" };
      },
    },
  };
  await drain(ports, SETTINGS, { why: "accepted", runId: null, urgent: false });
  while (postedAtMs.length < count) {
    const nextAtMs = bells.nextVisibleAtMs();
    if (nextAtMs === null) break;
    world.pass(Math.max(0, nextAtMs - clock.earliest()));
    for (const { id } of bells.receive(clock.earliest())) {
      bells.complete(id);
      await drain(ports, SETTINGS, { why: "due", runId: null, urgent: false });
    }
  }
  return postedAtMs;
}

describe("a POST that probes whether Defender lets us in again", () => {
  it("goes when its time has come, with no other bell than that of the drain before it", async () => {
    const [first, ...later] = await refusedPosts(5);
    expect(later.map((atMs) => (atMs - (first ?? 0)) / LIMITS.busyRetryMs)).toEqual([1, 3, 7, 15]);
  });
});

async function outOfReach(): Promise<never> {
  throw new Error("storage is out of reach");
}

/** Drains one incident, `sincePolledMs` after the last poll, and counts the watches. */
async function watchesOf(
  sincePolledMs: number | null,
  library: ALibrary | null = null,
): Promise<number> {
  const listing = library === null ? {} : { listLibrary: library.listLibrary };
  const app = startGoingOn(listing);
  if (sincePolledMs !== null) {
    await app.accept("before", [1]);
    await app.drain();
    await app.poll();
    app.pass(sincePolledMs);
  }
  await app.accept("case", [2]);
  let watches = 0;
  const watch = async () => void (watches += 1);
  const settings = {
    limits: app.limits,
    lingerMs: 0,
    scope: {},
    factsAgeMs: 600_000,
    library: library?.rules ?? null,
    platformsOf: () => PLATFORMS,
    watch,
  };
  await drain(app.ports, settings, { why: "due", runId: null, urgent: false });
  return watches;
}

describe("the watch of a drain", () => {
  it("begins with what it has claimed, if nobody has polled yet, or not for long", async () => {
    expect(await watchesOf(null)).toBe(1);
    expect(await watchesOf(60_000)).toBe(1);
  });

  it("begins although the drain first had to ask Defender for the library", async () => {
    const catalogue = [...shippedCatalogue().values()];
    const library = aLibrary(catalogue.flatMap(({ profile }) => filesOf(profile.commands)));
    expect(await watchesOf(null, library)).toBe(1);
    expect(library.lists()).toBe(1);
  });

  it("does not begin while somebody polls", async () => {
    expect(await watchesOf(1_000)).toBe(0);
  });

  it("is waited for, and what it throws, the drain throws", async () => {
    const app = startGoingOn();
    await app.accept("case", [1]);
    const settings = {
      limits: app.limits,
      lingerMs: 0,
      scope: {},
      factsAgeMs: 600_000,
      library: null,
      platformsOf: () => PLATFORMS,
      watch: outOfReach,
    };
    const bell = { why: "due", runId: null, urgent: false } as const;
    await expect(drain(app.ports, settings, bell)).rejects.toThrow("out of reach");
  });
});
