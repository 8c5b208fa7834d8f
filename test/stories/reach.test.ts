import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { page, tableIn, unquoted } from "../docs/markdown.ts";
import { acceptedSchema, runSchema } from "./answers.ts";
import { incident, machine, machineId } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

/**
 * What of a run a route needs: a part that the caller's profiles cover, or all of it. `own` takes
 * runs by itself, `queue` is the same for all teams, and `everyTeam` needs a caller with `all`;
 * `sweep` is about one sweep, which has a story of its own (sweeps).
 */
type Needs = "part" | "whole" | "own" | "queue" | "everyTeam" | "sweep";

/** A route that is missing here fails the first test. */
const NEEDS: Readonly<Record<string, Needs>> = {
  "POST incidents/{source}": "own",
  "GET runs/{runId}": "part",
  "GET runs/{runId}/manifest": "whole",
  "GET runs/{runId}/seals": "whole",
  "GET runs/{runId}/evidence": "part",
  "GET runs/{runId}/evidence/{sequenceId}/{index:int}": "part",
  "GET runs/{runId}/audit": "whole",
  "GET runs/{runId}/decisions": "whole",
  "GET audit": "everyTeam",
  "POST runs/{runId}/cancel": "part",
  "POST sequences/{sequenceId}/cancel": "part",
  "POST sequences/{sequenceId}/retry": "part",
  "POST cancel": "own",
  "POST runs/{runId}/approve": "part",
  "POST runs/{runId}/resume": "whole",
  "POST runs/{runId}/collect": "whole",
  "POST runs/{runId}/callbacks/replay": "whole",
  "GET runs": "queue",
  "GET machines/{idOrName}/sequences": "part",
  "GET attention": "queue",
  "GET status": "queue",
  "GET now": "queue",
  "GET queue": "queue",
  "GET callbacks": "queue",
  "GET sweeps": "queue",
  "GET sweeps/{name}": "sweep",
  "PUT sweeps/{name}": "sweep",
  "DELETE sweeps/{name}": "sweep",
  "POST sweeps/{name}/preview": "sweep",
  "POST sweeps/{name}/start": "sweep",
  "POST sweeps/{name}/pause": "sweep",
  "POST sweeps/{name}/resume": "sweep",
  "GET sweeps/{name}/coverage": "sweep",
  "GET sweeps/{name}/audit": "sweep",
  "GET sweeps/{name}/rounds": "sweep",
  "GET sweeps/{name}/rounds/{number}": "sweep",
  "GET sweeps/{name}/rounds/{number}/rows": "sweep",
  "GET sweeps/{name}/rounds/{number}/stack": "sweep",
  "GET sweeps/{name}/rounds/{number}/changes": "sweep",
  "POST sweeps/{name}/rounds/{number}/stop": "sweep",
  "POST sweeps/{name}/rounds/{number}/pause": "sweep",
  "POST sweeps/{name}/rounds/{number}/resume": "sweep",
  "POST sweeps/{name}/rounds/{number}/rerun": "sweep",
  "GET whoami": "queue",
  "GET profiles": "queue",
  "GET openapi.json": "queue",
  "GET library": "queue",
  "POST library/check": "queue",
  "POST pause": "queue",
  "POST resume": "queue",
  "GET doctor": "queue",
  "POST doctor": "queue",
};

const DOCUMENTED = tableIn(page("docs/api.md")).map(([route = ""]) => unquoted(route));

/** How far a caller's rights reach into a run. */
type Reaches = "none" | "part" | "whole";

/** Callers with every right, and how far they reach into a run of Windows, and a mixed one. */
const CALLERS: readonly (readonly [name: string, of: object, windows: Reaches, mixed: Reaches])[] =
  [
    ["owner", { team: "red" }, "whole", "whole"],
    ["mate", { team: "red", sources: ["generic"] }, "whole", "whole"],
    ["both", { team: "red", profiles: ["windows-triage", "unix-triage"] }, "whole", "whole"],
    ["windows", { team: "red", profiles: ["windows-triage"] }, "whole", "part"],
    ["unix", { team: "red", profiles: ["unix-triage"] }, "none", "part"],
    ["memory", { team: "red", profiles: ["process-memory-dump"] }, "none", "none"],
    ["jira", { team: "red", sources: ["jira"] }, "none", "none"],
    ["red", { team: "blue" }, "none", "none"],
    ["alone", {}, "none", "none"],
    ["chief", { all: true }, "whole", "whole"],
    ["chief-jira", { all: true, sources: ["jira"] }, "none", "none"],
    ["chief-unix", { all: true, profiles: ["unix-triage"] }, "none", "part"],
  ];

let stage: Stage;
/** The machine of each sequence, which is how the history of a machine is asked for. */
const machineOf = new Map<string, string>();
const runs: { id: string; sequenceIds: Map<string, string> }[] = [];
beforeAll(async () => {
  const setting = CALLERS.map(([name, of]) => ({ name, key: hashed(name), may: RIGHTS, ...of }));
  stage = await openStage({
    machines: [1, 3]
      .map((number) => machine(number))
      .concat(
        // The third and fourth are only for who cancels: what a team sent them is in their history.
        [2, 4].map((number) => machine(number, { osPlatform: "Linux" })),
      ),
    env: { CALLERS: JSON.stringify(setting) },
  });
  runs.push(await begun("windows", ["windows"]), await begun("mixed", ["windows", "linux"]));
});
afterAll(async () => await stage.close());

/** A run of the owner, that has finished. */
async function begun(id: string, platforms: readonly string[]) {
  const of = platforms.map((platform) => {
    return { machineId: machineId(platform === "windows" ? 1 : 2), platform };
  });
  const body = { ...incident(id, []), machines: of };
  const sent = await stage.post("generic", body, { key: "owner" });
  const { runId, sequences } = acceptedSchema.parse(sent.body);
  await until(
    async () => await stage.call("GET", `runs/${runId}`, undefined, { key: "owner" }),
    ({ body: answer }) => runSchema.parse(answer).state === "finished",
    ({ body: answer }) => JSON.stringify(answer),
  );
  for (const [at, { sequenceId }] of sequences.entries()) {
    machineOf.set(sequenceId, machineId(platforms[at] === "windows" ? 1 : 2));
  }
  const sequenceIds = sequences.map((each, at) => [platforms[at] ?? "", each.sequenceId] as const);
  return { id: runId, sequenceIds: new Map(sequenceIds) };
}

async function ask(route: string, key: string, runId: string, sequenceId: string) {
  const [method = "", template = ""] = route.split(" ");
  const path = template
    .replace("{runId}", runId)
    .replace("{sequenceId}", sequenceId)
    .replace("{idOrName}", machineOf.get(sequenceId) ?? "f".repeat(40))
    .replace("{index:int}", "1");
  if (method !== "GET" && method !== "POST") throw new Error(`how is ${method} sent?`);
  const body = route.endsWith("/approve") ? { planHash: "0".repeat(64) } : undefined;
  return await stage.call(method, path, body, { key });
}

const ROUTES = Object.entries(NEEDS);
const OF_RUNS = ROUTES.filter(([route]) => /{(runId|sequenceId|idOrName)}/.test(route));

describe("the matrix of routes and callers", () => {
  it("has every route", () => {
    // Of these nobody has to be known: they have no data.
    const open = ["GET health", "GET page", "GET page/{file}"];
    const known = [...Object.keys(NEEDS), ...open];
    expect(known.toSorted()).toEqual(DOCUMENTED.toSorted());
    const others = ROUTES.filter(([, needs]) => !["part", "whole", "sweep"].includes(needs));
    expect(others.filter(([route]) => route.includes("{"))).toHaveLength(1);
  });

  it.each(OF_RUNS)("of a run lets callers %s as far as they reach", async (route, needs) => {
    const wrong: string[] = [];
    for (const [number, { id, sequenceIds }] of runs.entries()) {
      for (const [name, , windows, mixed] of CALLERS) {
        const reaches = number === 0 ? windows : mixed;
        const ofUnix = reaches === "part" && name.endsWith("unix");
        const sequenceId = sequenceIds.get(ofUnix ? "linux" : "windows") ?? "";
        const { status } = await ask(route, name, id, sequenceId);
        const expected =
          reaches === "none" ? 404 : needs === "whole" && reaches === "part" ? 403 : 0;
        const isIn = status !== 403 && status !== 404 && status < 500;
        if (expected === 0 ? !isIn : status !== expected) {
          wrong.push(`${name}, run ${number}: ${status}, not ${expected}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("answers for a run out of reach as for a run that does not exist", async () => {
    const [{ id, sequenceIds } = { id: "", sequenceIds: new Map<string, string>() }] = runs;
    for (const [route] of OF_RUNS) {
      const sequenceId = sequenceIds.get("windows") ?? "";
      const hidden = await ask(route, "alone", id, sequenceId);
      const [of = "", own = ""] = sequenceId.split(".");
      const other = route.includes("{runId}") ? of : "0".repeat(20);
      const none = await ask(route, "owner", "0".repeat(20), `${other}.${own}`);
      expect([route, hidden.status, hidden.body]).toEqual([route, 404, none.body]);
    }
  });

  it("gives the queue to all, and its log to those who reach every team", async () => {
    const wrong: string[] = [];
    for (const [route, needs] of ROUTES.filter(([, each]) =>
      ["queue", "everyTeam"].includes(each),
    )) {
      for (const [name, of] of CALLERS) {
        const body = route === "POST pause" ? { reason: "the matrix" } : undefined;
        const [method = "", path = ""] = route.split(" ");
        const { status } = await stage.call(method === "GET" ? "GET" : "POST", path, body, {
          key: name,
        });
        const may = needs === "queue" || "all" in of;
        if (status !== (may ? 200 : 403)) wrong.push(`${name} ${route}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

async function readBy(key: string) {
  const [, mixed = { id: "" }] = runs;
  const { body } = await stage.call("GET", `runs/${mixed.id}`, undefined, { key });
  return runSchema.parse(body);
}

describe("a caller of a part of a run", () => {
  it.each(["windows", "unix"])("%s sees only that part of it", async (key) => {
    const run = await readBy(key);
    const profiles = run.sequences.map((each) => each.profile.name);
    expect([profiles, run.counts["total"]]).toEqual([[`${key}-triage`], 1]);
    const [, mixed = { id: "" }] = runs;
    const { body } = await stage.call("GET", `runs/${mixed.id}/evidence`, undefined, { key });
    const shown = JSON.stringify(body);
    expect(shown).toContain(machineId(key === "windows" ? 1 : 2));
    expect(shown).not.toContain(machineId(key === "windows" ? 2 : 1));
  });

  it("cannot have the evidence of the other part", async () => {
    const [, mixed = { id: "", sequenceIds: new Map<string, string>() }] = runs;
    const of = (platform: string) => mixed.sequenceIds.get(platform) ?? "";
    const route = "GET runs/{runId}/evidence/{sequenceId}/{index:int}";
    expect((await ask(route, "unix", mixed.id, of("linux"))).status).toBe(200);
    expect((await ask(route, "unix", mixed.id, of("windows"))).status).toBe(404);
  });
});

describe("a cancel", () => {
  it("of everything, or of a run, ends only what the caller reaches", async () => {
    await stage.call("POST", "pause", { reason: "the cancels" }, { key: "chief" });
    const of = [
      { machineId: machineId(3), platform: "windows" },
      { machineId: machineId(4), platform: "linux" },
    ];
    const send = async (key: string) => {
      const body = { ...incident("to cancel", []), machines: of };
      return acceptedSchema.parse((await stage.post("generic", body, { key })).body).runId;
    };
    const [red, alone] = [await send("owner"), await send("alone")];
    const cancel = async (path: string, key: string) =>
      (await stage.call("POST", path, undefined, { key })).body;
    expect(await cancel(`runs/${red}/cancel`, "unix")).toMatchObject({ ended: 1 });
    expect(await cancel("cancel", "jira")).toMatchObject({ runs: 0 });
    expect(await cancel("cancel", "alone")).toMatchObject({ runs: 1, ended: 2 });
    const read = async (runId: string) => {
      const { body } = await stage.call("GET", `runs/${runId}`, undefined, { key: "chief" });
      return runSchema.parse(body);
    };
    expect((await read(red)).counts).toMatchObject({ cancelled: 1, waiting: 1 });
    expect((await read(red)).cancelAsked).toBeNull();
    expect((await read(alone)).counts).toMatchObject({ cancelled: 2 });
    expect(await cancel("cancel", "chief")).toMatchObject({ runs: 1, ended: 1 });
    expect((await read(red)).cancelAsked).toMatchObject({ by: "chief" });
  });
});
