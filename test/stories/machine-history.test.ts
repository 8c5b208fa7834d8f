import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machineSchema, runsSchema } from "../../shared/api/run-answers.ts";
import { auditPageSchema, problemSchema } from "./answers.ts";
import { incident, machineId } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => await stage.close());

async function history(idOrName: string) {
  const { status, body } = await stage.call("GET", `machines/${idOrName}/sequences`);
  expect([idOrName, status]).toEqual([idOrName, 200]);
  return machineSchema.parse(body);
}

describe("the history of a machine", () => {
  it("has what was sent to it, and then what waits, by its id and its name", async () => {
    const first = await stage.accept("generic", incident("first", [1, 2, 3, 4, 5]));
    const run = await stage.untilFinished(first.runId);
    const name = run.sequences.find((each) => each.machineId === machineId(3))?.machineName ?? "";
    expect(await history(machineId(3))).toMatchObject({
      machine: { machineId: machineId(3), machineName: name },
      sequences: [{ runId: first.runId, incidentId: "first", state: "succeeded", waits: null }],
      next: null,
    });
    await stage.call("POST", "pause", { reason: "the second shall wait" });
    const second = await stage.accept("generic", incident("second", [3]));
    const { machine, sequences } = await history(name);
    expect(machine.machineId).toBe(machineId(3));
    expect(sequences.map((each) => [each.runId, each.state])).toEqual([
      [second.runId, "waiting"],
      [first.runId, "succeeded"],
    ]);
    expect(sequences[0]?.waits?.code).toBe("paused");
    const runs = runsSchema.parse((await stage.call("GET", `runs?machine=${name}`)).body);
    expect(runs.runs.map(({ runId }) => runId)).toEqual([second.runId, first.runId]);
    const log = await stage.call("GET", `audit?machine=${machineId(3)}`);
    const { records } = auditPageSchema.parse(log.body);
    const own = run.sequences.find((each) => each.machineId === machineId(3))?.sequenceId;
    expect(records.map(({ event }) => event)).toContain("claimed");
    for (const { sequences: named } of records) {
      expect(named.map(({ sequenceId }) => sequenceId)).toContain(own);
    }
    await stage.call("POST", `runs/${second.runId}/cancel`);
    expect((await history(machineId(3))).sequences[0]?.state).toBe("cancelled");
  });

  it("is not there for a machine that nobody knows", async () => {
    for (const idOrName of ["no-such-machine", "f".repeat(40)]) {
      const { status } = await stage.call("GET", `machines/${idOrName}/sequences`);
      expect(status).toBe(404);
    }
  });

  it("says what to do about a wrong cursor", async () => {
    const path = `machines/${machineId(3)}/sequences?cursor=x`;
    const { status, body } = await stage.call("GET", path);
    expect([status, problemSchema.parse(body).errors?.[0]?.path]).toEqual([400, "cursor"]);
  });
});
