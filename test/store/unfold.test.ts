import { PLATFORMS } from "../../shared/incident/incident.ts";
import { wholeFor, ofEveryTeam, reading } from "../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { ASKED_KEY, PLANNED, sequenceKey } from "../../shared/ledger/row/keys.ts";
import type { DrainBell } from "../../shared/ledger/outbox/message.ts";
import { FIRST_BUDGET } from "../../shared/limits/pace/budget.ts";
import { buildCatalogue } from "../../shared/plan/profile/catalogue.ts";
import type { Ports } from "../../shared/ports.ts";
import { cancelAll, previewCancel } from "../../shared/workflow/operate/cancel-all.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import { drain, type DrainPorts } from "../../shared/workflow/submit/drain.ts";
import { budgetChange } from "../../shared/store/load.ts";
import { pause } from "../../shared/workflow/operate/pause.ts";
import { poll } from "../../shared/workflow/poll/poll.ts";
import { unfold } from "../../shared/store/unfold.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../workflow/accepting.ts";

const limits = someLimits();
const numbers = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => first + index);
const keysOf = ({ ledger }: Accepting, family: string) =>
  ledger
    .rows()
    .map(({ key }) => key)
    .filter((key) => key.startsWith(family));

/** A run of so many machines, as its 202 leaves it. */
async function accepted(count: number, settings: Parameters<typeof startAccepting>[0] = {}) {
  const world = startAccepting(settings);
  const rung: DrainBell[] = [];
  const bells: Ports["bells"] = {
    ...world.ports.bells,
    ringDrain: async (bell) => {
      rung.push(bell);
    },
  };
  const answer = await world.accept("case", numbers(count), {}, { ...world.ports, bells });
  if (answer.kind !== "accepted") throw new Error(answer.kind);
  const { runId } = answer.run;
  return { world, rung, answer, runId, ports: { ...world.ports, bells } };
}

describe("an incident of up to four machines", () => {
  it("is written with all rows of its sequences, and rung for by their ids", async () => {
    const { world, rung, answer, runId } = await accepted(4);
    const ids = answer.sequences.map(({ sequenceId }) => sequenceId);
    expect(keysOf(world, "sequence!")).toEqual(ids.map(sequenceKey).toSorted());
    expect([...keysOf(world, "intake!"), ...keysOf(world, PLANNED.from)]).toEqual([]);
    expect(rung).toEqual([{ why: "accepted", runId, sequenceIds: ids, urgent: false }]);
  });
});

describe("a larger incident", () => {
  it("is written in one transaction of few rows, however large it is", async () => {
    const { world, rung, runId, answer } = await accepted(500);
    expect(world.commits.filter((keys) => !keys.includes(ASKED_KEY))).toHaveLength(1);
    expect(world.ledger.rows().length).toBeLessThan(30);
    expect(keysOf(world, "intake!")).toHaveLength(11);
    expect(keysOf(world, PLANNED.from)).toHaveLength(11);
    expect(rung).toEqual([{ why: "planned", runId, sequenceIds: [], urgent: false }]);
    expect(answer.run).toMatchObject({ accepted: 500, open: 500, finishedAtMs: null });
    expect(answer.sequences).toHaveLength(500);
  });

  it("shows all its sequences at once, as waiting, before they have rows of their own", async () => {
    const { world, answer, runId } = await accepted(60);
    const shown = async () =>
      (await describeRun(world.ports, limits, runId, reading()))?.sequences ?? [];
    const before = await shown();
    const ids = answer.sequences.map(({ sequenceId }) => sequenceId).toSorted();
    expect(before.map(({ sequenceId }) => sequenceId)).toEqual(ids);
    for (const { state, waits } of before) {
      expect(state).toBe("waiting");
      expect(waits).toMatchObject({ code: "next", position: null, estimatedStart: null });
    }
    await world.unfolded();
    const after = await shown();
    const positions = after.map(({ waits }) => waits?.position ?? 0);
    expect(positions.toSorted((a, b) => a - b)).toEqual(numbers(60, 1));
    const withoutWaits = (all: typeof after) => all.map((each) => ({ ...each, waits: null }));
    expect(withoutWaits(after)).toEqual(withoutWaits(before));
  });

  it("is answered the same for the same key, before and after", async () => {
    const world = startAccepting();
    const send = async () => await world.accept("case", numbers(60), { idempotencyKey: "one" });
    const first = await send();
    const again = await send();
    await world.unfolded();
    const late = await send();
    const named = (answer: typeof first) =>
      answer.kind === "accepted" ? answer.sequences.map(({ sequenceId }) => sequenceId) : [];
    expect(named(first)).toHaveLength(60);
    expect(named(again).toSorted()).toEqual(named(first).toSorted());
    expect(named(late).toSorted()).toEqual(named(first).toSorted());
    expect(await world.unfolded()).toHaveLength(60);
  });

  it("can grow before it is unfolded, and every machine is there once", async () => {
    const { world, runId } = await accepted(60);
    const grown = await world.accept("case", numbers(110));
    expect(grown).toMatchObject({ kind: "accepted", run: { runId, accepted: 110, open: 110 } });
    const few = await world.accept("case", numbers(2, 110));
    expect(few).toMatchObject({ run: { accepted: 112, open: 112 } });
    expect(keysOf(world, "sequence!")).toHaveLength(2);
    const machines = (await world.unfolded()).map(({ machineId }) => machineId);
    expect(new Set(machines).size).toBe(112);
    expect(machines).toHaveLength(112);
  });

  it("is refused whole when its commands are more than one transaction takes", async () => {
    const { world, send } = withLongCommands();
    expect(await send(400)).toMatchObject({
      kind: "tooManyMachines",
      detail: expect.stringContaining("400 new machines"),
    });
    expect(world.ledger.rows().map(({ key }) => key)).toEqual([ASKED_KEY]);
  });

  it("that was too large can be sent in parts, each with those before it", async () => {
    const { world, send } = withLongCommands();
    for (const count of [130, 260, 390, 390]) {
      expect(await send(count)).toMatchObject({ kind: "accepted", run: { accepted: count } });
    }
    expect(await world.unfolded()).toHaveLength(390);
  });
});

describe("a run whose sequences have no rows of their own yet", () => {
  it("is cancelled whole, and nothing of it is ready after", async () => {
    const { world, ports, runId } = await accepted(100);
    expect(await previewCancel(ports, runId, wholeFor("op"))).toEqual({
      ended: 100,
      asked: 0,
      alreadyOver: 0,
      setAside: 0,
    });
    expect(keysOf(world, "sequence!")).toEqual([]);
    const cancelled = await cancelRun(ports, limits, runId, wholeFor("analyst"));
    expect(cancelled).toEqual({ ended: 100, asked: 0, alreadyOver: 0, setAside: 0 });
    expect([...keysOf(world, "ready!"), ...keysOf(world, "intake!")]).toEqual([]);
    const states = (await world.unfolded()).map(({ state }) => state);
    expect(states).toEqual(numbers(100).map(() => "cancelled"));
  });

  it("is found and cancelled by a cancel of everything, with its preview", async () => {
    const { ports } = await accepted(20);
    const all = { runs: 1, ended: 20, asked: 0, alreadyOver: 0, setAside: 0 };
    expect(await cancelAll(ports, limits, ofEveryTeam("analyst"), true)).toEqual(all);
    expect(await cancelAll(ports, limits, ofEveryTeam("analyst"), false)).toEqual(all);
    expect(await cancelAll(ports, limits, ofEveryTeam("analyst"), false)).toMatchObject({
      runs: 0,
    });
  });

  it("is cancelled whole while other hosts unfold it", async () => {
    const { world, ports, runId } = await accepted(100);
    const [cancelled] = await Promise.all([
      cancelRun(ports, limits, runId, wholeFor("analyst")),
      unfold(ports, runId),
      unfold(ports, runId),
    ]);
    expect(cancelled).toEqual({ ended: 100, asked: 0, alreadyOver: 0, setAside: 0 });
    expect(keysOf(world, "ready!")).toEqual([]);
  });
});

describe("the drain that a planned run was rung for", () => {
  const settings = {
    limits,
    lingerMs: 0,
    scope: {},
    factsAgeMs: 600_000,
    library: null,
    platformsOf: () => PLATFORMS,
    watch: async () => {},
  };

  it("unfolds it although the queue is paused", async () => {
    const { world, ports, runId } = await accepted(25);
    await pause(ports, { by: "operator", why: "test" });
    const report = await drain(mute(ports), settings, bellFor(runId));
    expect(report).toEqual({ submitted: 0, ended: "paused" });
    expect(keysOf(world, "ready!")).toHaveLength(25);
  });

  it("unfolds it although another host drives", async () => {
    const { world, ports, runId } = await accepted(25);
    const driver = { hostId: "another", untilMs: START_MS + 60_000 };
    const unwritten = { value: FIRST_BUDGET, etag: null };
    await ports.ledger.commit([budgetChange(unwritten, { ...FIRST_BUDGET, driver })]);
    const report = await drain(mute(ports), settings, bellFor(runId));
    expect(report).toEqual({ submitted: 0, ended: "driven" });
    expect(keysOf(world, "ready!")).toHaveLength(25);
  });

  it("does nothing more when it is delivered again", async () => {
    const { world, ports, runId } = await accepted(25);
    await pause(ports, { by: "operator", why: "test" });
    await drain(mute(ports), settings, bellFor(runId));
    const before = world.ledger.rows();
    await drain(mute(ports), settings, bellFor(runId));
    expect(world.ledger.rows()).toEqual(before);
  });
});

describe("a poll", () => {
  it("leaves a planned run to its bell for some seconds, then unfolds and rings", async () => {
    const { world, rung, ports } = await accepted(25);
    rung.length = 0;
    await poll(mute(ports), limits, "poller");
    expect([keysOf(world, "ready!").length, rung.length]).toEqual([0, 0]);
    world.pass(6_000);
    expect(await poll(mute(ports), limits, "poller")).toMatchObject({
      outstanding: true,
      rang: true,
    });
    expect(keysOf(world, "ready!")).toHaveLength(25);
    expect(keysOf(world, PLANNED.from)).toEqual([]);
    expect(rung.map(({ why }) => why)).toEqual(["released"]);
  });
});

const bellFor = (runId: string) => ({ why: "planned", runId, urgent: false }) as const;

async function away(): Promise<{ kind: "unavailable"; detail: string }> {
  return { kind: "unavailable", detail: "away" };
}

async function prepare() {
  return { kind: "answered", value: null } as const;
}

/** Defender gives a token, and nothing else. */
function mute(ports: Accepting["ports"]): DrainPorts {
  const reads = { listActions: away, listPending: away, machinesSeenSince: away };
  return { ...ports, defender: { ...ports.defender, ...reads, prepare } };
}

/** A profile as long as one may be: 50 scripts with 1,024 characters of arguments. */
function withLongCommands() {
  const args = "x".repeat(1_024);
  const json = {
    name: "long",
    version: 1,
    title: "Long",
    description: "Made for this test.",
    platforms: ["windows"],
    lane: "sweep",
    shell: "powershell",
    parameters: {},
    commands: numbers(50).map(() => ({ type: "RunScript", scriptName: "a.ps1", args })),
  };
  const built = buildCatalogue([{ fileName: "long.json", json }]);
  if (built.kind === "invalid") throw new Error(JSON.stringify(built.problems));
  const world = startAccepting({ catalogue: built.value });
  const asked = { profile: "long", parameters: {} };
  return {
    world,
    send: async (count: number) => await world.accept("long", numbers(count), { asked }),
  };
}
