import { describe, expect, it } from "vitest";
import { targetsOf, type CallbackRules } from "../../../shared/callback/targets.ts";
import type { CallbackTarget } from "../../../shared/ledger/outbox/notice.ts";
import { ASKED_KEY, runKey } from "../../../shared/ledger/row/keys.ts";
import { runSchema, type RunRecord } from "../../../shared/ledger/run/run.ts";
import type { Acceptance, Submission } from "../../../shared/workflow/accept/accept.ts";
import { aCaller } from "../../callback/told-facts.ts";
import { incident } from "../../plan/planning.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

const CAPS = { perIncident: 4, perCallerDay: 100, perDay: 100 };
const of = (caller: string, team: string, more: Partial<Submission> = {}) => {
  return { caller, team, caps: CAPS, ...more };
};

async function taken(answer: Promise<Acceptance>): Promise<RunRecord> {
  const came = await answer;
  if (came.kind !== "accepted") throw new Error(JSON.stringify(came));
  return came.run;
}

const requesters = async (world: Accepting) =>
  (await world.unfolded()).map(({ runId, requestedBy }) => `${runId} ${requestedBy}`).toSorted();

describe("an incident that callers of two teams send", () => {
  it("is a run of each, whoever is first, and however often they send it", async () => {
    const world = startAccepting();
    const a = await taken(world.accept("case", [0, 1], of("a", "red")));
    const b = await taken(world.accept("case", [1, 2], of("b", "blue")));
    expect(a.runId).not.toBe(b.runId);
    expect([a.team, a.requestedBy, b.team, b.requestedBy]).toEqual(["red", "a", "blue", "b"]);
    for (const [caller, team, runId] of [
      ["a", "red", a.runId],
      ["b", "blue", b.runId],
    ] as const) {
      const again = await taken(world.accept("case", [1], of(caller, team)));
      expect([again.runId, again.accepted]).toEqual([runId, 2]);
    }
    const both = [a.runId, a.runId, b.runId, b.runId];
    expect((await world.unfolded()).map(({ runId }) => runId).toSorted()).toEqual(both.toSorted());
  });

  it("has a cap, a first wave and an approval for each", async () => {
    const policy = { first: 1, above: 2, maxFailedShare: 0.2 };
    const ids = [1, 2].map((number) => number.toString(16).padStart(40, "0"));
    const world = startAccepting({ policy, scope: { tier0: [{ ids }] } });
    const b = await taken(world.accept("case", [1, 2, 3, 4], of("b", "blue")));
    expect((await world.accept("case", [5], of("b", "blue"))).kind).toBe("tooManyMachines");
    const a = await taken(world.accept("case", [1, 2], of("a", "red")));
    expect([a.accepted, a.gate?.state, b.gate?.state]).toEqual([2, "open", "first"]);
    expect(a.approval?.requesters.map(({ by }) => by)).toEqual(["a"]);
  });

  it("is one run for each when they send it at once, and each once with its key", async () => {
    const world = startAccepting();
    const asked = ["red", "blue", "red", "blue"].map(async (team) =>
      taken(world.accept("case", [0, 1], of(team, team, { idempotencyKey: "k" }))),
    );
    const [red, blue, redAgain, blueAgain] = await Promise.all(asked);
    expect([redAgain?.runId, blueAgain?.runId]).toEqual([red?.runId, blue?.runId]);
    expect(red?.runId).not.toBe(blue?.runId);
    expect(await world.unfolded()).toHaveLength(4);
  });

  it("costs no read while it is new, and none more when its team sends it again", async () => {
    const world = startAccepting();
    const reads: string[] = [];
    const counting = {
      ...world.ports,
      ledger: {
        ...world.ports.ledger,
        read: async (key: string) => {
          reads.push(key.split("!")[0] ?? "");
          return await world.ports.ledger.read(key);
        },
      },
    };
    const send = async (team: string) => {
      reads.length = 0;
      const commits = () => world.commits.filter((keys) => !keys.includes(ASKED_KEY)).length;
      const before = commits();
      await taken(world.accept("case", [0], of(team, team, { caps: null }), counting));
      return [reads.filter((kind) => kind === "run").length, commits() - before];
    };
    expect(await send("red")).toEqual([0, 1]);
    expect(await send("red")).toEqual([1, 1]);
    expect(await send("blue")).toEqual([1, 2]);
  });
});

describe("an incident that callers of one team send", () => {
  it("is one run, and each sequence names who asked for it", async () => {
    const world = startAccepting();
    const first = await taken(world.accept("case", [0], of("a", "soc")));
    const joined = await taken(world.accept("case", [0, 1], of("b", "soc")));
    expect([joined.runId, joined.requestedBy]).toEqual([first.runId, "a"]);
    expect(await requesters(world)).toEqual([`${first.runId} a`, `${first.runId} b`]);
  });
});

describe("an incident that a version without teams has accepted", () => {
  it("is found as the run that it is, by every team", async () => {
    const world = startAccepting();
    const old = await taken(world.accept("case", [0], of("a", "red")));
    await forgetTeam(world, old.runId);
    for (const team of ["red", "blue"]) {
      const found = await taken(world.accept("case", [0], of(team, team)));
      expect([found.runId, found.accepted, found.team]).toEqual([old.runId, 1, null]);
    }
  });
});

const RULES: CallbackRules = {
  hosts: [],
  allowLoopback: false,
  sentinelComments: true,
  managementUrl: "https://management.azure.com",
};
const armId = (name: string) =>
  `/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w` +
  `/providers/Microsoft.SecurityInsights/Incidents/${name}`;

/** Targets of settings, by name. */
function told(...names: string[]): CallbackTarget[] {
  return names.map((targetId) => ({
    targetId,
    from: "setting",
    caller: "soar",
    shape: "generic",
    host: "hooks.contoso.example",
    url: null,
    armId: null,
    events: ["run.accepted"],
    later: [],
    delivered: null,
    endedAtMs: null,
  }));
}

describe("callbacks of a request that joins a run", () => {
  it("are refused with the number of places if there is none for them, and nothing is kept", async () => {
    const world = startAccepting();
    const names = Array.from({ length: 9 }, (_, index) => `t${index}`);
    await taken(world.accept("case", [0], { callbacks: told(...names) }));
    const rowsNow = () => world.ledger.rows().filter(({ key }) => key !== ASKED_KEY);
    const rows = rowsNow();
    const refused = await world.accept("case", [1], { callbacks: told("t0", "t9", "t10") });
    expect(refused).toMatchObject({ kind: "tooManyCallbacks" });
    expect(JSON.stringify(refused)).toContain(
      "has 9 of at most 10 callbacks, and the request has 2",
    );
    expect(rowsNow()).toEqual(rows);
    expect((await taken(world.accept("case", [1], { callbacks: told("t9") }))).accepted).toBe(2);
  });

  it("go to the Sentinel incident that each request names", async () => {
    const world = startAccepting();
    const send = async (name: string) => {
      const machines = [{ machineId: "0".repeat(40), name: null, platform: "windows" as const }];
      const named = incident({ incidentId: "case", machines, armId: armId(name) });
      const callbacks = targetsOf(aCaller({}), named, null, RULES);
      return (await taken(world.accept("case", [0], { callbacks, incident: named }))).callbacks;
    };
    expect(await send("One")).toHaveLength(1);
    expect(await send("one")).toHaveLength(1);
    expect((await send("two")).map((each) => each.armId)).toEqual([armId("One"), armId("two")]);
    expect(await send("two")).toHaveLength(2);
  });
});

/** The row as a version of the app has left it that knows no teams. */
async function forgetTeam({ ledger }: Accepting, runId: string): Promise<void> {
  const row = await ledger.read(runKey(runId));
  const { team: _, ...body } = runSchema.parse(row?.body);
  const etag = row?.etag ?? "";
  await ledger.commit([{ op: "replace", key: runKey(runId), body, etag }]);
}
