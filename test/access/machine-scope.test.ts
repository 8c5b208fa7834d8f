import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isUnlimited,
  judgeMachine,
  needsFacts,
  parseScope,
  type MachineScope,
} from "../../shared/access/machine-scope.ts";
import type { MachineFacts } from "../../shared/plan/machine-facts.ts";

const ID = "a".repeat(40);
const FACTS: MachineFacts = {
  name: "dc-01.corp.example",
  platform: "windows",
  tags: ["Tier0", "Berlin"],
  group: "Servers",
};
const judged = (scope: MachineScope, facts: MachineFacts | null = FACTS) =>
  judgeMachine(scope, ID, facts).kind;

/** Each rule fits the machine above; the last member of each pair does not. */
const FITTING = [
  { tags: ["tier0"] },
  { tags: ["other", "BERLIN"] },
  { groups: ["servers"] },
  { platforms: ["windows"] },
  { names: ["dc-01.corp.example"] },
  { names: ["DC-*"] },
  { names: ["dc-01"] },
  { names: ["*.corp.example"] },
  { names: ["*"] },
  { names: ["d*c*example"] },
  { ids: [ID] },
  { tags: ["tier0"], groups: ["servers"], names: ["dc-*"], ids: [ID] },
] as const;
const UNFITTING = [
  { tags: ["tier"] },
  { groups: ["server"] },
  { platforms: ["linux"] },
  { names: ["dc-0"] },
  { names: ["*.corp"] },
  { names: ["dc-1*"] },
  { names: ["c-*"] },
  { names: ["dc-01*01"] },
  { ids: ["b".repeat(40)] },
  { tags: ["tier0"], groups: ["other"] },
] as const;
const copied = (rule: object): MachineScope => {
  const parsed = parseScope(JSON.stringify({ deny: [rule] }));
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};
const ruleOf = (rule: object) => copied(rule).deny ?? [];

describe("a rule of a scope", () => {
  it.each(FITTING)("is for the machine: %j", (rule) => {
    expect(judged({ deny: ruleOf(rule) })).toBe("denied");
    expect(judged({ allow: ruleOf(rule) })).toBe("allowed");
    expect(judged({ tier0: ruleOf(rule) })).toBe("needsApproval");
  });

  it.each(UNFITTING)("is not for it: %j", (rule) => {
    expect(judged({ deny: ruleOf(rule) })).toBe("allowed");
    expect(judged({ allow: ruleOf(rule) })).toBe("denied");
    expect(judged({ tier0: ruleOf(rule) })).toBe("allowed");
  });

  it("matches names as a pattern with stars does, in any letter case", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "B", "_", "*"), maxLength: 9 });
    const names = fc.string({ unit: fc.constantFrom("A", "b", "_"), minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        letters.filter((each) => each !== ""),
        names,
        (pattern, name) => {
          const source = pattern.split("*").join(".*");
          const expected = new RegExp(`^${source}$`, "i").test(name) ? "denied" : "allowed";
          expect(judged({ deny: ruleOf({ names: [pattern] }) }, { ...FACTS, name })).toBe(expected);
        },
      ),
    );
  });
});

describe("a scope", () => {
  const rules = fc.subarray([...FITTING.map(ruleOf), ...UNFITTING.map(ruleOf)]).map((all) => {
    const some = all.flat();
    return some.length > 0 ? some : undefined;
  });
  const parts = fc.record({ allow: rules, deny: rules, tier0: rules });

  it("denies what a deny rule fits, whatever the other rules say", () => {
    fc.assert(
      fc.property(parts, fc.constantFrom(...FITTING), ({ allow, deny, tier0 }, fitting) => {
        const scope = { deny: [...(deny ?? []), ...ruleOf(fitting)], allow, tier0 };
        expect(judged(given(scope))).toBe("denied");
      }),
    );
  });

  it("allows nothing that no allow rule fits", () => {
    fc.assert(
      fc.property(parts, fc.constantFrom(...UNFITTING), ({ deny, tier0 }, unfitting) => {
        expect(judged(given({ allow: ruleOf(unfitting), deny, tier0 }))).toBe("denied");
      }),
    );
  });

  it.each(["tags", "group", "platform", "name"] as const)(
    "denies a machine whose %s could not be read, if a rule asks for it",
    (member) => {
      const rule = { tags: { tags: ["x"] }, group: { groups: ["x"] } };
      const more = { platform: { platforms: ["macos"] }, name: { names: ["x"] } };
      const [one] = ruleOf({ ...rule, ...more }[member]);
      for (const part of ["deny", "tier0"] as const) {
        const scope = { [part]: one === undefined ? [] : [one] };
        expect(judged(scope)).toBe("allowed");
        expect(judged(scope, { ...FACTS, [member]: null })).toBe("denied");
        expect(judged(scope, null)).toBe("denied");
      }
      expect(judged({ deny: ruleOf({ ids: ["b".repeat(40)] }) }, null)).toBe("allowed");
    },
  );

  it.each<["allow" | "deny" | "tier0", object, Partial<MachineFacts>]>([
    ["deny", { names: ["dc*"] }, { name: "" }],
    ["deny", { names: ["dc*"] }, { name: " " }],
    ["deny", { names: ["dc*"] }, { name: " dc-1" }],
    ["tier0", { names: ["dc*"] }, { name: "dc-1\t" }],
    ["deny", { names: ["dc1.corp.example"] }, { name: "dc1.corp.example." }],
    ["deny", { names: ["dc1.corp.example"] }, { name: "dc1.corp.example\u{200B}" }],
    ["deny", { names: ["dc1.corp.example"] }, { name: "dc1.corp.example\0" }],
    ["tier0", { names: ["dc1"] }, { name: "dc1\u{200B}.corp.example" }],
    ["tier0", { names: ["dc1"] }, { name: "." }],
    ["deny", { names: ["dc1"] }, { name: "corp..example" }],
    ["deny", { groups: ["Servers"] }, { group: " " }],
    ["deny", { groups: ["Domain Controllers"] }, { group: "Domain\u{A0}Controllers" }],
    ["deny", { groups: ["Core"] }, { group: "Co\u{AD}re" }],
    ["tier0", { tags: ["tier0"] }, { tags: ["a", "tier0\u{200B}"] }],
    ["deny", { tags: ["tier0"] }, { tags: ["tier\u{FE0F}0"] }],
    ["allow", { tags: ["a"] }, { tags: ["a", "tier0\u{2060}"] }],
  ])("with %s rules on %j does not take %j for a machine they are not for", (...of) => {
    const [part, rule, facts] = of;
    expect(judged({ [part]: ruleOf(rule) }, { ...FACTS, ...facts })).toBe("denied");
  });

  it("compares tags and groups as people read them, however they are encoded", () => {
    const facts = { ...FACTS, tags: ["Bu\u{308}ro"], group: "Domain  Controllers" };
    expect(judged({ deny: ruleOf({ tags: ["b\u{FC}ro"] }) }, facts)).toBe("denied");
    expect(judged({ deny: ruleOf({ groups: ["Domain Controllers"] }) }, facts)).toBe("denied");
  });

  it("of ids alone needs nothing of Defender; one without rules is unlimited", () => {
    expect(needsFacts({ deny: ruleOf({ ids: [ID] }) })).toBe(false);
    expect(needsFacts({ deny: ruleOf({ ids: [ID], tags: ["x"] }) })).toBe(true);
    expect([isUnlimited({}), isUnlimited({ tier0: ruleOf({ ids: [ID] }) })]).toEqual([true, false]);
    expect(judged({}, null)).toBe("allowed");
  });

  it.each([
    ["{", ""],
    ["[]", ""],
    ['{"alow":[]}', ""],
    ['{"deny":[]}', "deny"],
    ['{"deny":[{}]}', "deny.0"],
    ['{"deny":[{"tags":[]}]}', "deny.0.tags"],
    ['{"deny":[{"tag":["x"]}]}', "deny.0"],
    ['{"deny":[{"names":["dc[0-9]"]}]}', "deny.0.names.0"],
    ['{"deny":[{"tags":["tier0\u{200B}"]}]}', "deny.0"],
    ['{"deny":[{"groups":["Domain\u{A0}Controllers"]}]}', "deny.0"],
    ['{"allow":[{"ids":["AA"]}]}', "allow.0.ids.0"],
    ['{"tier0":[{"platforms":["dos"]}]}', "tier0.0.platforms.0"],
  ])("is refused when it reads %s", (text, path) => {
    const parsed = parseScope(text);
    expect(parsed.kind === "invalid" && parsed.problems.map((each) => each.path)).toContain(path);
  });
});

/** Without the members that are undefined. */
function given(scope: Record<"allow" | "deny" | "tier0", MachineScope["deny"]>): MachineScope {
  return Object.fromEntries(Object.entries(scope).filter(([, rules]) => rules !== undefined));
}
