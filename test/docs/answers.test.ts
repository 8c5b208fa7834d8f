import { expect, it } from "vitest";
import { z } from "zod";
import { callerSchema, profilesSchema } from "../../shared/api/caller-answers.ts";
import { dryRunSchema } from "../../shared/api/incident-answers.ts";
import { callbacksSchema, queueSchema } from "../../shared/api/queue-answers.ts";
import {
  acceptedSchema,
  auditPageSchema,
  findingsSchema,
  manifestSchema,
  problemSchema,
  runSchema,
  statusSchema,
} from "../stories/answers.ts";
import { page } from "./markdown.ts";

/** The strict forms that all stories hold the app to, and the heading that tells of each. */
const ANSWERS: [string, z.ZodType][] = [
  ["The answer", acceptedSchema],
  ["GET runs/{runId}", runSchema],
  ["A dry run", dryRunSchema],
  ["Problems", problemSchema],
  ["GET status", statusSchema],
  ["GET doctor", findingsSchema],
  ["GET whoami", callerSchema],
  ["GET profiles", profilesSchema],
  ["GET queue", queueSchema],
  ["GET callbacks", callbacksSchema],
];
/** What their entries and records hold, the page about evidence says. */
const CHAINS: [string, string[]][] = [
  ["GET runs/{runId}/manifest", Object.keys(manifestSchema.shape)],
  ["GET runs/{runId}/audit", Object.keys(auditPageSchema.shape)],
];

it.each(ANSWERS)("the section %j names every field of its answer", (title, schema) => {
  const fields = [...new Set(fieldsOf(z.toJSONSchema(schema)))];
  expect(fields).not.toEqual([]);
  expect(fields.filter((field) => !namedIn(title).has(field))).toEqual([]);
});

it.each(CHAINS)("the section %j names every field of the chain it gives", (title, fields) => {
  expect(fields.filter((field) => !namedIn(title).has(field))).toEqual([]);
});

/** All words in code marks and samples below this heading, up to the next of its level. */
function namedIn(title: string): ReadonlySet<string> {
  const [, rest = ""] = page("docs/api.md").split(new RegExp(`^#+ ${escaped(title)}$`, "m"));
  const [text = ""] = rest.split(/^##? /m);
  const code = text.match(/^```.*?^```$|`[^`]+`/gms) ?? [];
  return new Set(code.join(" ").match(/\w+/g));
}

function escaped(text: string): string {
  return text.replaceAll(/[{}/]/g, String.raw`\$&`);
}

/** The names of all members of the objects that a JSON Schema describes, at any depth. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(fieldsOf);
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) =>
    key === "properties" && typeof value === "object" && value !== null
      ? Object.keys(value).concat(Object.values(value).flatMap(fieldsOf))
      : fieldsOf(value),
  );
}
