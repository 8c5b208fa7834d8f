import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { problemSchema } from "./answers.ts";
import { incident, machineId, machines, OFFLINE_HOLDS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/** Long enough for several polls and several windows of the limit. */
const A_WHILE_MS = 2_500;

/** As the host says of an HTTP function when it starts. */
const routeSchema = z.object({
  route: z.string().startsWith("/api/"),
  methods: z.array(z.string()),
});

/** Every route that the app has registered, such as `POST runs/{runId}/cancel`. */
function routesOf({ log }: Stage): string[] {
  return log
    .map((line) => /^function \S+ (\{.*"type":"http".*\})$/.exec(line)?.[1])
    .filter((logged) => logged !== undefined)
    .map((logged) => routeSchema.parse(JSON.parse(logged)))
    .flatMap(({ route, methods }) => methods.map((method) => `${method} ${route.slice(5)}`));
}

/** A path of that route, of a run and a result that could be. */
function pathOf(route: string): string {
  const id = "0".repeat(20);
  return route
    .replace("{source}", "generic")
    .replace("{runId}", id)
    .replace("{sequenceId}", `${id}.0`)
    .replace("{index:int}", "0");
}

describe("a locked down app", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ env: { LOCKDOWN: "true" } });
  });
  afterAll(async () => await stage.close());

  it("refuses every route but that of its health, even to who may do everything", async () => {
    const routes = routesOf(stage);
    expect(routes).toContain("GET health");
    expect(routes).toEqual(expect.arrayContaining(["POST cancel", "POST runs/{runId}/approve"]));
    for (const route of routes) {
      if (route === "GET health") continue;
      const [method = "", template = ""] = route.split(" ");
      const body = method === "POST" ? {} : undefined;
      const answered = await stage.call(method === "POST" ? "POST" : "GET", pathOf(template), body);
      const { type } = problemSchema.parse(answered.body);
      const retryAfter = answered.headers.get("retry-after");
      expect({ route, status: answered.status, type, retryAfter }).toEqual({
        route,
        status: 503,
        type: "urn:lrq:problem:locked-down",
        retryAfter: "30",
      });
    }
  });

  it("refuses to prove its address to Graph", async () => {
    const answered = await stage.call("POST", "incidents/graph?validationToken=x", {});
    expect(answered.status).toBe(503);
  });

  it("answers for its health", async () => {
    expect((await stage.call("GET", "health", undefined, { key: null })).status).toBe(200);
  });
});

describe("a lockdown in the middle of a run", () => {
  /** Read again whenever a host starts. Without lingering drains a host stops at once. */
  const env: Record<string, string> = {
    ...OFFLINE_HOLDS,
    DEFENDER_MAX_SESSIONS: "3",
    DRAIN_LINGER_SECONDS: "0",
  };
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ machines: machines(6), env });
  });
  afterAll(async () => await stage.close());

  it("starts and cancels nothing, watches what is open, and lets all go once lifted", async () => {
    const numbers = [1, 2, 3, 4, 5, 6];
    // The first of them are open from before the lock until well into it.
    for (const number of numbers) stage.simulator.setOffline(machineId(number), true);
    const { runId } = await stage.accept("generic", incident("locked", numbers));
    await stage.until(runId, ({ counts }) => counts.submitted === 3);
    await stage.host.stop();
    env["LOCKDOWN"] = "true";
    await stage.restartHost();
    const before = stage.simulator.arrivals().length;
    const { list = 0, cancel = 0 } = stage.simulator.reads();
    for (const number of numbers) stage.simulator.setOffline(machineId(number), false);
    // Once what was open has ended, its sessions are free, and whoever freed them rings.
    for (const part of ['"state":"succeeded"', '"event":"lockedDown"']) {
      await expect.poll(() => stage.log.join("\n")).toContain(part);
    }
    await pass(A_WHILE_MS);
    expect(stage.simulator.arrivals()).toHaveLength(before);
    expect(stage.simulator.reads()["list"] ?? 0).toBeGreaterThan(list);
    expect(stage.simulator.reads()["cancel"] ?? 0).toBe(cancel);

    await stage.host.stop();
    delete env["LOCKDOWN"];
    await stage.restartHost();
    expect((await stage.untilFinished(runId)).counts).toMatchObject({ total: 6, succeeded: 6 });
    const arrived = stage.simulator.arrivals().map(({ machineId: id }) => id);
    expect(arrived.toSorted()).toEqual(numbers.map(machineId));
    expect(stage.simulator.violations()).toEqual([]);
  });
});
