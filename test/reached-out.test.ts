import { describe, expect, it } from "vitest";
import { reachedOut } from "./reached-out.ts";

const found = (source: string, timers = false) => reachedOut(source, { timers });

describe("what reaches out is seen", () => {
  it.each([
    ["the time", "export const at = Date.now();"],
    ["the time, made", "export const at = new Date();"],
    ["the time, made without arguments", "export const at = new Date;"],
    ["the time, as text", "export const at = Date();"],
    ["the time, destructured", "const { now } = Date;\nexport const at = now();"],
    ["the time, under another name", "const Calendar = Date;\nexport const at = Calendar.now();"],
    ["the time, by a computed name", 'export const at = Date["now"]();'],
    ["a monotonic time", "export const at = performance.now();"],
    ["chance", "export const some = Math.random();"],
    ["chance, destructured", "const { random } = Math;\nexport const some = random();"],
    ["chance, by a computed name", 'export const some = Math["random"]();'],
    [
      "chance, imported",
      'import { randomUUID } from "node:crypto";\nexport const id = randomUUID();',
    ],
    [
      "chance, imported under another name",
      'import { createHash, randomBytes as hash } from "node:crypto";\nexport const id = [createHash, hash(1)];',
    ],
    [
      "chance, with all there is",
      'import * as c from "node:crypto";\nexport const id = c.randomUUID();',
    ],
    ["chance, with the default", 'import c from "crypto";\nexport const id = c.randomUUID();'],
    ["chance, of everybody", "export const id = crypto.randomUUID();"],
    ["the network", 'export const answer = fetch("http://a");'],
    ["the network, of everybody", 'export const answer = globalThis.fetch("http://a");'],
    ["the network, handed on", "export const get = (by = fetch) => by;"],
    ["the network, in a short form", "export const outside = { fetch };"],
    ["the environment", 'export const a = process.env["A"];'],
    ["the environment, destructured", "const { env } = process;\nexport const a = env;"],
    ["a timer", "setTimeout(() => undefined, 1);"],
    ["a timer of a signal", "export const late = AbortSignal.timeout(1);"],
    ["a timer of a signal, destructured", "const { timeout } = AbortSignal;\ntimeout(1);"],
    ["a text that is run", 'export const at = eval("Date.now()");'],
    ["a module of any name", "export const any = (name: string) => import(name);"],
    ["a piece of a text", "export const text = `at ${Date.now()}`;"],
  ])("%s", (_, source) => {
    expect(found(source)).not.toEqual([]);
  });
});

describe("what is given, or follows from what is given, is not", () => {
  it.each([
    ["a parameter of that name", "export const get = (fetch: () => number) => fetch();"],
    ["a member of that name", "export const get = (of: { fetch(): number }) => of.fetch();"],
    ["a time in another form", "export const text = (ms: number) => new Date(ms).toISOString();"],
    ["a time that is read", 'export const ms = Date.parse("2026-01-01");'],
    ["arithmetic", "export const two = Math.max(1, 2);"],
    ["a type", "export const late = (signal: AbortSignal, at: Date) => [signal, at];"],
    [
      "a hash",
      'import { createHash } from "node:crypto";\nexport const of = createHash("sha256");',
    ],
    ["a word in a comment or a text", 'export const text = "fetch(Date.now())"; // Date.now()'],
  ])("%s", (_, source) => {
    expect(found(source)).toEqual([]);
  });

  it("a timer, where calls that hang are cut off, but nothing beside it", () => {
    expect(found("setTimeout(() => undefined, 1);\nAbortSignal.timeout(1);", true)).toEqual([]);
    expect(found("setTimeout(() => Date.now(), 1);", true)).not.toEqual([]);
    expect(found("export const later = setTimeout;", true)).not.toEqual([]);
  });
});
