import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { queriesIn } from "../../infra/queries.mjs";
import { eventsIn, eventsInCode, fieldsIn } from "../infra/sentinel/logged-events.ts";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * The queries for Sentinel read fields of lines that the app really logs. What happens here logs
 * most of them; of the others the code shows the fields.
 */

const QUERIES = queriesIn(fileURLToPath(new URL("../../infra/", import.meta.url)));
const lineSchema = z.looseObject({ event: z.string() });

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ machines: machines(2) });
  const { runId } = await stage.accept("generic", incident("seen", [1]));
  const { sequences } = await stage.untilFinished(runId);
  await stage.evidence(runId, sequences[0]?.sequenceId ?? "", 1);
  await stage.call("POST", "pause", { reason: "a story" });
  await stage.call("POST", "cancel");
  await stage.call("POST", "resume");
  await stage.post("generic", { nothing: true });
  await stage.call("GET", "status", undefined, { key: "of nobody" });
});
afterAll(async () => await stage.close());

/** The lines of lrq in the log of the host, without what the host writes before them. */
function logged(): z.infer<typeof lineSchema>[] {
  const texts = stage.log.flatMap((line) => /\{"event":.*\}/.exec(line)?.[0] ?? []);
  return texts.map((text) => lineSchema.parse(JSON.parse(text)));
}

const HAPPENED = [
  "accepted",
  "submitted",
  "moved",
  "fetched",
  "evidenceRead",
  "paused",
  "allCancelled",
  "refused",
];

it("each query reads only fields that the lines of its events have", async () => {
  await expect
    .poll(() => HAPPENED.filter((event) => !logged().some((line) => line.event === event)))
    .toEqual([]);
  const fields = new Map([...eventsInCode()].map(([event, names]) => [event, new Set(names)]));
  for (const line of logged()) {
    for (const name of Object.keys(line)) fields.get(line.event)?.add(name);
  }
  const wrong = QUERIES.flatMap(({ name, text }) => {
    // The function reads fields of all events.
    const events = eventsIn(text).length === 0 ? [...fields.keys()] : eventsIn(text);
    const has = (field: string) => events.some((event) => fields.get(event)?.has(field));
    const unknown = fieldsIn(text).filter((field) => !has(field));
    return unknown.map((field) => `${name}: ${field}`);
  });
  expect(wrong).toEqual([]);
});

it("the lines begin as the function expects", () => {
  const { text = "" } = QUERIES.find(({ name }) => name === "LrqEvents.kql") ?? {};
  const [, beginning = ""] = /Message startswith '([^']+)'/.exec(text) ?? [];
  expect(beginning).not.toBe("");
  for (const line of logged()) expect(JSON.stringify(line).startsWith(beginning)).toBe(true);
});
