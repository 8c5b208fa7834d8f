import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { acceptedSchema, auditPageSchema, problemSchema } from "./answers.ts";
import { incident, machineId } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const countsSchema = z.strictObject({
  ended: z.number(),
  asked: z.number(),
  alreadyOver: z.number(),
  setAside: z.number(),
});
const retriedSchema = acceptedSchema.shape.sequences.element.extend({
  runId: z.string(),
  retryOf: z.string(),
  statusUrl: z.url(),
});

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => await stage.close());

it("one machine is cancelled alone, run again in its run, and both tries stay in the record", async () => {
  await stage.call("POST", "pause", { reason: "so that it waits" });
  const { runId, sequences } = await stage.accept("generic", incident("one machine", [1, 2]));
  const of = sequences.find((each) => each.machineId === machineId(1))?.sequenceId ?? "";
  const early = await stage.call("POST", `sequences/${of}/retry`);
  expect(problemSchema.parse(early.body).type).toBe("urn:lrq:problem:not-retryable");

  const preview = { query: { preview: "true" } };
  const shown = await stage.call("POST", `sequences/${of}/cancel`, undefined, preview);
  expect(shown).toMatchObject({ status: 200, body: { ended: 1 } });
  const cancelled = await stage.call("POST", `sequences/${of}/cancel`);
  expect(cancelled.status).toBe(202);
  expect(countsSchema.parse(cancelled.body)).toMatchObject({ ended: 1, asked: 0 });
  await stage.call("POST", "resume");
  // Sealed too, before it grows again.
  const first = await stage.until(runId, ({ seal }) => seal?.current === true);
  expect(first.counts).toMatchObject({ total: 2, cancelled: 1, succeeded: 1 });

  const asked = await Promise.all(
    [1, 2, 3].map(async () => await stage.call("POST", `sequences/${of}/retry`)),
  );
  const retries = asked.map(({ body }) => retriedSchema.parse(body));
  expect(asked.map(({ status }) => status)).toEqual([202, 202, 202]);
  expect(new Set(retries.map(({ sequenceId }) => sequenceId)).size).toBe(1);
  const [retry] = retries;
  expect(retry).toMatchObject({ runId, retryOf: of, machineId: machineId(1) });

  const after = await stage.untilFinished(runId);
  expect(after.counts).toMatchObject({ total: 3, cancelled: 1, succeeded: 2 });
  const before = first.sequences.find(({ sequenceId }) => sequenceId === of);
  const old = after.sequences.find(({ sequenceId }) => sequenceId === of);
  expect(before?.nextStep?.code).toBe("cancelled");
  expect(old).toEqual({ ...before, retriedBy: retry?.sequenceId, nextStep: null });
  expect(after.sequences.find((each) => each.retryOf === of)?.state).toBe("succeeded");
  expect(after.results.stored).toBe(2 * first.results.stored);

  const { records } = auditPageSchema.parse((await stage.call("GET", `runs/${runId}/audit`)).body);
  const events = records.map(({ event }) => event);
  expect(events.filter((event) => ["cancelAsked", "retried"].includes(event))).toEqual([
    "cancelAsked",
    "retried",
  ]);
  const seals = await stage.call("GET", `runs/${runId}/seals`);
  expect(seals.body).toMatchObject({ seals: [{ number: 1 }, { number: 2 }], unsealed: null });
  const done = await stage.call("POST", `sequences/${of}/retry`);
  expect([done.status, problemSchema.parse(done.body).type]).toEqual([
    409,
    "urn:lrq:problem:not-retryable",
  ]);
  expect(stage.simulator.violations()).toEqual([]);
});
