import { expect, it } from "vitest";
import { isTarget } from "../../shared/sweep/is-target.ts";
import { aMachine } from "../workflow/known-machines.ts";

const READABLE = { name: "pc-1.corp.example", tags: ["a"], group: "Servers" };
const include = [{ ids: ["a".repeat(40)] }];
const exclude = [{ names: ["dc*"] }, { tags: ["no-sweep"] }, { groups: ["Lab"] }];

it.each([
  ["is readable and fits none of them", {}, true],
  ["has a name that one of them fits", { name: "dc-1.corp.example" }, false],
  ["has a name with a dot at the end", { name: "pc-1.corp.example." }, false],
  ["has a name with a character that nobody sees", { name: "d\u{200B}c-1" }, false],
  ["has no name", { name: null }, false],
  ["has tags that nobody can read", { tags: null }, false],
  ["has a tag with a character that nobody sees", { tags: ["no-sweep\u{200B}"] }, false],
  ["has a group with an uncommon space", { group: "La\u{A0}b" }, false],
])("beside rules that leave machines out, one that %s is asked for: %j, %s", (_, more, isAsked) => {
  const machine = aMachine("a".repeat(40), { ...READABLE, ...more });
  expect(isTarget(machine, { include, exclude }, null, 0)).toBe(isAsked);
  // Without a rule that asks for it, nothing of it has to be read.
  expect(isTarget(machine, { include }, null, 0)).toBe(true);
});
