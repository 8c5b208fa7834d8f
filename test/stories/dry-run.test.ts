import { afterAll, beforeAll, expect, it } from "vitest";
import { dryRunSchema } from "../../shared/api/incident-answers.ts";
import { ASKED_KEY } from "../../shared/ledger/row/keys.ts";
import { incident, machineId } from "./machines.ts";
import { pausedAndQuiet, untilQuiet } from "./paused.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  await pausedAndQuiet(stage, "to see what a dry run leaves");
});
afterAll(async () => await stage.close());

it("a dry run says what would be done, and leaves nothing in the ledger and the queues", async () => {
  const keys = async () => {
    const { ledger, messages } = await stage.rows();
    return { ledger: ledger.filter((key) => key !== ASKED_KEY), messages };
  };
  const { runId } = await stage.accept("generic", incident("known", [1]));
  // Until the bell of the accepted one is taken.
  await untilQuiet(stage);
  const before = await keys();
  const query = { dryRun: "true" };
  const headers = { "idempotency-key": "only-tried" };
  const sent = await stage.post("generic", incident("known", [1, 2, 99]), { query, headers });
  expect(sent.status).toBe(200);
  const planned = dryRunSchema.parse(sent.body);
  expect(planned).toMatchObject({ runId, calls: 1, refused: [], approval: null });
  expect(planned.machines.map((each) => [each.machineId, each.state])).toEqual([
    [machineId(1), "waiting"],
    [machineId(2), null],
  ]);
  expect(planned.skipped).toHaveLength(1);
  expect(await keys()).toEqual(before);
  const real = await stage.post("generic", incident("known", [1, 2, 99]), { headers });
  expect(real.status).toBe(202);
});
