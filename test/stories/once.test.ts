import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { acceptedSchema, problemSchema } from "./answers.ts";
import type { Sending } from "./asking.ts";
import { incident, machineId, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const hashed = (key: string) => `sha256:${createHash("sha256").update(key).digest("hex")}`;
const may = ["incident.submit", "run.read", "evidence.read"];
const CALLERS = [
  { name: "playbook", team: "soc", key: hashed("playbook"), may },
  {
    name: "responder",
    team: "soc",
    key: hashed("the key of the stories"),
    may: [...may, "again"],
  },
];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: machines(12),
    env: { CALLERS: JSON.stringify(CALLERS) },
  });
});
afterAll(async () => await stage.close());
/** Defender has nothing to complain of. */
afterEach(() => expect(stage.simulator.violations()).toEqual([]));

function sending(key: string, more: object = {}): Sending {
  return { headers: { "idempotency-key": key }, ...more };
}

/** Defender's actions on one machine, whoever's. */
const actionsOn = (number: number) =>
  stage.simulator.actions().filter((action) => action.machineId === machineId(number));

describe.concurrent("an incident that is sent again", () => {
  it("is the same run, and its machine is collected once", async () => {
    const first = await stage.accept("generic", incident("twice", [1]));
    const second = await stage.accept("generic", incident("twice", [1]));
    await stage.untilFinished(first.runId);
    const third = await stage.accept("generic", incident("twice", [1]));
    expect(second.runId).toBe(first.runId);
    expect(third).toMatchObject({ runId: first.runId, status: "finished" });
    expect(third.sequences).toMatchObject([{ state: "succeeded" }]);
    expect(actionsOn(1)).toHaveLength(1);
  });

  it("with one more machine starts only that one, in the same run", async () => {
    const first = await stage.accept("generic", incident("grows", [2]));
    await stage.untilFinished(first.runId);
    const grown = await stage.accept("generic", incident("grows", [2, 3]));
    expect(grown).toMatchObject({ runId: first.runId, status: "running" });
    expect(grown.sequences.map(({ state }) => state)).toEqual(["succeeded", "waiting"]);
    const run = await stage.untilFinished(first.runId);
    expect(run.counts).toMatchObject({ total: 2, succeeded: 2 });
    expect([actionsOn(2).length, actionsOn(3).length]).toEqual([1, 1]);
    expect((await stage.manifest(first.runId)).entries).toHaveLength(4);
  });

  it("runs anew when it is asked to, by somebody with the right", async () => {
    const first = await stage.accept("generic", incident("again", [4]));
    await stage.untilFinished(first.runId);
    const query = { again: "true" };
    const refused = await stage.post("generic", incident("again", [4]), { key: "playbook", query });
    expect(refused.status).toBe(403);
    const anew = await stage.accept("generic", incident("again", [4]), { query });
    expect(anew.runId).not.toBe(first.runId);
    await stage.untilFinished(anew.runId);
    expect(actionsOn(4)).toHaveLength(2);
  });
});

describe.concurrent("an Idempotency-Key", () => {
  it("gives the same request the same answer", async () => {
    const first = await stage.accept("generic", incident("keyed", [11]), sending("key-1"));
    const second = await stage.accept("generic", incident("keyed", [11]), sending("key-1"));
    expect(second.runId).toBe(first.runId);
    expect(second.sequences.map(({ sequenceId }) => sequenceId)).toEqual(
      first.sequences.map(({ sequenceId }) => sequenceId),
    );
    await stage.untilFinished(first.runId);
    expect(actionsOn(11)).toHaveLength(1);
  });

  it("refuses another body with 409, and runs nothing of it", async () => {
    await stage.accept("generic", incident("conflict", [5]), sending("key-2"));
    const other = await stage.post("generic", incident("conflict", [6]), sending("key-2"));
    expect(other.status).toBe(409);
    expect(problemSchema.parse(other.body).type).toBe("urn:lrq:problem:key-reused");
    expect(actionsOn(6)).toEqual([]);
  });

  it("of one caller is not another's", async () => {
    const body = incident("two callers", [7]);
    const first = await stage.accept("generic", body, sending("key-3"));
    const second = await stage.accept("generic", body, sending("key-3", { key: "playbook" }));
    expect(second.runId).toBe(first.runId);
    await stage.untilFinished(first.runId);
    expect(actionsOn(7)).toHaveLength(1);
  });

  it("makes a repeated request to run anew the same one run", async () => {
    const query = { again: "true" };
    const asked = sending("key-4", { query });
    const first = await stage.accept("generic", incident("anew", [8]), asked);
    const second = await stage.accept("generic", incident("anew", [8]), asked);
    expect(second.runId).toBe(first.runId);
    await stage.untilFinished(first.runId);
    expect(actionsOn(8)).toHaveLength(1);
  });
});

describe.concurrent("ten equal requests at once", () => {
  it.each([
    ["with no key", 9, undefined],
    ["with one Idempotency-Key", 10, { "idempotency-key": "at-once" }],
  ] as const)("%s are one run and one action", async (name, number, headers) => {
    const body = incident(`at once ${name}`, [number]);
    const sending = headers === undefined ? {} : { headers };
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => await stage.post("generic", body, sending)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 202));
    const runIds = new Set(answers.map((each) => acceptedSchema.parse(each.body).runId));
    expect(runIds.size).toBe(1);
    const [runId = ""] = runIds;
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 1, succeeded: 1 });
    expect(actionsOn(number)).toHaveLength(1);
  });
});
