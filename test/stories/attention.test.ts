import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attentionSchema } from "../../shared/api/run-answers.ts";
import { problemSchema } from "./answers.ts";
import { incident, refusingMachines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ machines: refusingMachines(1, 2) });
});
afterAll(async () => await stage.close());

const attention = async (query = "") => {
  const { status, body } = await stage.call("GET", `attention${query}`);
  expect([query, status]).toEqual([query, 200]);
  return attentionSchema.parse(body).items;
};

describe("what wants a person", () => {
  it("is a pause while it lasts, and then what failed, by cause and with what to do", async () => {
    expect(await attention()).toEqual([]);
    await stage.call("POST", "pause", { reason: "a look first" });
    const [paused, ...others] = await attention();
    expect(paused).toMatchObject({ code: "paused", detail: expect.stringContaining("a look") });
    expect(others).toEqual([]);
    await stage.call("POST", "resume");
    const { runId } = await stage.accept("generic", incident("refused twice", [1, 2]));
    const run = await stage.untilFinished(runId);
    const [failure, ...rest] = await attention();
    expect(rest).toEqual([]);
    expect(failure).toMatchObject({ count: 2, runId, incidentId: "refused twice" });
    expect(failure?.nextStep).toMatchObject({ code: failure?.code, needsPerson: true });
    expect(run.sequences.map(({ outcome }) => outcome?.code)).toEqual([
      failure?.code,
      failure?.code,
    ]);
    expect(await attention("?since=2000-01-01")).toHaveLength(1);
    expect(await attention("?since=2200-01-01")).toEqual([]);
  });

  it("says what to change in a wrong time", async () => {
    const { status, body } = await stage.call("GET", "attention?since=today");
    expect([status, problemSchema.parse(body).errors?.[0]?.path]).toEqual([400, "since"]);
  });
});
