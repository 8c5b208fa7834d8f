import { readdirSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SOURCES, type Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import type { ParsedIncident } from "../../shared/incident/parsed-incident.ts";
import { readBody } from "../../shared/incident/read-body.ts";
import { webhook } from "./webhooks.ts";

const FOLDER = new URL("../fixtures/webhooks", import.meta.url);
const FIXTURES: readonly (readonly [Source, unknown])[] = readdirSync(FOLDER).map((file) => {
  const name = file.replace(/\.json$/, "");
  const source = SOURCES.find((each) => name.startsWith(each));
  if (source === undefined) throw new Error(`${file} is of no source`);
  return [source, webhook(name)];
});

/** Every field that senders send, and those that objects have without being sent any. */
const FIELDS = [
  ...new Set(FIXTURES.flatMap(([, json]) => fieldsIn(json))),
  "Entities",
  "@odata.nextLink",
  "constructor",
  "toString",
  "hasOwnProperty",
];

function fieldsIn(json: unknown): string[] {
  if (typeof json !== "object" || json === null) return [];
  const own = Array.isArray(json) ? [] : Object.keys(json);
  return [...own, ...Object.values(json).flatMap(fieldsIn)];
}

/** What is put in the place of what a sender said. */
const ODD = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "ab".repeat(20),
    "ab".repeat(19),
    "Host",
    "BÜRO-PC7",
    String.raw`CORP\PC-1`,
    "PC-1$",
    "..",
    "/subscriptions/../..",
    "{",
    "[1]",
    "__proto__",
    "constructor",
    "x".repeat(5_000),
  ),
  fc.double(),
  fc.constantFrom(null, true, 0, -1),
  fc.constantFrom([], {}, [[]], [{}]),
);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    ODD,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...FIELDS), tie("tree"), { maxKeys: 6 }),
  ),
}));

/** A copy of a message in which some values, drawn by `isChanged`, are another. */
function mutated(json: unknown, isChanged: () => boolean, next: () => unknown): unknown {
  if (isChanged()) return next();
  if (Array.isArray(json)) return json.map((each: unknown) => mutated(each, isChanged, next));
  if (typeof json !== "object" || json === null) return json;
  const fields = Object.entries(json).map(([name, of]) => [name, mutated(of, isChanged, next)]);
  return Object.fromEntries(fields);
}

/** Throws where an answer is out of bounds; else it is the answer's kind. */
function judged(parsed: ParsedIncident): string {
  const incident = parsed.kind === "parsed" ? parsed.value : null;
  const problems = parsed.kind === "invalid" ? parsed.problems : [];
  const unusable = parsed.kind === "nothingToDo" ? parsed.skipped : (incident?.unusable ?? []);
  const lengths = problems.flatMap(({ path, message }) => [path.length, message.length]);
  expect(problems.length > 0).toBe(parsed.kind === "invalid");
  expect(problems.length).toBeLessThanOrEqual(10);
  expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(200);
  expect((incident?.machines ?? []).length > 0).toBe(parsed.kind === "parsed");
  for (const { machine, reason } of unusable) {
    expect(machine).toMatch(/^.{1,100}$/u);
    expect(reason).toMatch(/^[A-Z].{10,200}\.$/);
  }
  for (const { machineId, name, written = "" } of incident?.machines ?? []) {
    expect(machineId ?? "0".repeat(40)).toMatch(/^[0-9a-f]{40}$/);
    expect(name ?? "a").toMatch(/^[a-z0-9_.-]{1,255}$/);
    expect(written.length).toBeLessThanOrEqual(100);
  }
  expect((incident?.title ?? "").length).toBeLessThanOrEqual(300);
  expect(incident?.armId ?? "").not.toMatch(/\/\.\.?(\/|$)/);
  return parsed.kind;
}

const KINDS = ["parsed", "invalid", "nothingToDo", "lifecycle"];

describe("any JSON from any source", () => {
  it("gives an answer within bounds and never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SOURCES), tree, (source, json) => {
        expect(KINDS).toContain(judged(parseIncident(source, json)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("that is a sender's own, but for some values, gives one too", () => {
    const some = fc.constantFrom(...FIXTURES);
    fc.assert(
      fc.property(some, fc.gen(), ([source, json], draw) => {
        const share = draw(fc.integer, { min: 2, max: 40 });
        const isChanged = () => draw(fc.integer, { min: 1, max: share }) === 1;
        const sent = mutated(json, isChanged, () => draw(() => ODD));
        expect(KINDS).toContain(judged(parseIncident(source, sent)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("of the fixtures passes the bounds of a body, and gives an incident or news", () => {
    expect(FIXTURES.length).toBeGreaterThanOrEqual(14);
    for (const [source, json] of FIXTURES) {
      expect(readBody(JSON.stringify(json)).kind).toBe("read");
      expect(["parsed", "lifecycle"]).toContain(parseIncident(source, json).kind);
    }
  });
});
