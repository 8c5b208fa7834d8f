import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callerSchema, profilesSchema } from "../../shared/api/caller-answers.ts";
import { callbacksSchema, queueSchema } from "../../shared/api/queue-answers.ts";
import { problemSchema } from "./answers.ts";
import { incident, machineId } from "./machines.ts";
import { pausedAndQuiet } from "./paused.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await pausedAndQuiet(stage, "the queue shall stand still");
});
afterAll(async () => await stage.close());

const read = async (path: string) => {
  const { status, body } = await stage.call("GET", path);
  expect([path, status]).toEqual([path, 200]);
  return body;
};

describe("what a caller reads of the whole queue", () => {
  it("is everything that waits, in its order, with the reason", async () => {
    const { runId } = await stage.accept("generic", incident("in line", [1, 2, 3]));
    const queue = queueSchema.parse(await read("queue"));
    const { waiting, sequences } = queue;
    expect(waiting).toEqual({ count: sequences.length, atLeast: false });
    expect(sequences.map(({ position }) => position)).toEqual(sequences.map((_, at) => at + 1));
    const own = sequences.filter((each) => each.runId === runId);
    expect(new Set(own.map((each) => each.machineId))).toEqual(new Set([1, 2, 3].map(machineId)));
    expect(own[0]).toMatchObject({ incidentId: "in line", code: "paused" });
    expect(queue.next).toBeNull();
  });

  it("is who it is itself, what it may run, and what is owed to others", async () => {
    expect(callerSchema.parse(await read("whoami"))).toMatchObject({ name: "local" });
    const { profiles } = profilesSchema.parse(await read("profiles"));
    expect(profiles.map(({ name }) => name)).toContain("windows-triage");
    expect(callbacksSchema.parse(await read("callbacks"))).toEqual({ callbacks: [], next: null });
  });

  it("is a 304 without a body as long as it is the same, and whole again when it is not", async () => {
    const paths = [
      "queue",
      "callbacks",
      "whoami",
      "profiles",
      "status",
      "library",
      "openapi.json",
      "health",
    ];
    const tags = new Map<string, string>();
    for (const path of paths) {
      const { headers } = await stage.call("GET", path);
      expect([path, headers.get("cache-control")]).toEqual([path, "no-store"]);
      tags.set(path, headers.get("etag") ?? "");
    }
    expect(new Set(tags.values()).size).toBe(paths.length);
    const ask = async (path: string) =>
      await stage.call("GET", path, undefined, {
        headers: { "if-none-match": tags.get(path) ?? "" },
      });
    for (const path of paths) {
      const { status, body, headers } = await ask(path);
      expect([path, status, body]).toEqual([path, 304, ""]);
      expect([headers.get("etag"), headers.get("cache-control")]).toEqual([
        tags.get(path),
        "no-store",
      ]);
    }
    await stage.accept("generic", incident("one more", [4]));
    for (const path of ["queue", "status"]) expect((await ask(path)).status).toBe(200);
  });

  it.each([
    ["queue?cursor=page-2", "cursor", "as next"],
    ["queue?state=waiting", "state", "only cursor"],
    ["callbacks?state=open", "state", "owed, dead"],
    ["callbacks?cursor=x", "cursor", "as next"],
    ["whoami?verbose=true", "verbose", "no parameters"],
    ["profiles?name=x", "name", "no parameters"],
  ])("is refused with what to change for GET %s", async (path, parameter, says) => {
    const { status, body } = await stage.call("GET", path);
    const { errors } = problemSchema.parse(body);
    expect([status, errors?.map((each) => each.path)]).toEqual([400, [parameter]]);
    expect(errors?.[0]?.message).toContain(says);
  });
});
