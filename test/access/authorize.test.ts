import { describe, expect, it } from "vitest";

import { mayDo, whyNot, whyNotBy, whyNotInQuery } from "../../shared/access/authorize.ts";
import { RIGHTS } from "../../shared/access/caller.ts";
import { SOURCES } from "../../shared/incident/incident.ts";
import { callersOf, keyHash } from "./callers.ts";

const [narrow, wide] = callersOf([
  {
    name: "narrow",
    key: keyHash("a"),
    may: ["incident.submit"],
    sources: ["jira"],
    profiles: ["triage"],
  },
  { name: "wide", key: keyHash("b"), may: RIGHTS },
]);
if (narrow === undefined || wide === undefined) throw new Error("two callers were configured");

describe("a caller", () => {
  it.each(RIGHTS)("has the right %s only if it was given", (right) => {
    expect(mayDo(wide, right)).toBe(true);
    expect(mayDo(narrow, right)).toBe(right === "incident.submit");
  });

  it.each(SOURCES)("speaks for %s only if allowed", (source) => {
    expect(mayDo(wide, "incident.submit", { source })).toBe(true);
    expect(mayDo(narrow, "incident.submit", { source })).toBe(source === "jira");
  });

  it("uses only the profiles it may, and all where none is named", () => {
    expect(mayDo(narrow, "incident.submit", { source: "jira", profile: "triage" })).toBe(true);
    expect(mayDo(narrow, "incident.submit", { source: "jira", profile: "memory" })).toBe(false);
    expect(mayDo(narrow, "incident.submit", { source: "jira", profile: "TRIAGE" })).toBe(false);
    expect(mayDo(wide, "incident.submit", { profile: "memory" })).toBe(true);
  });

  it("is told what it lacks", () => {
    expect(whyNot(narrow, "operate")).toBe("caller narrow lacks the right operate");
    expect(whyNot(narrow, "incident.submit", { source: "graph" })).toMatch(/source graph/);
    expect(whyNot(narrow, "incident.submit", { profile: "memory" })).toMatch(/profile memory/);
    expect(whyNot(wide, "operate", { source: "graph", profile: "memory" })).toBeNull();
  });
});

describe("a right", () => {
  it.each(RIGHTS)("%s is there for a key and a token", (right) => {
    expect(whyNotBy({ scheme: "key", isPerson: false }, right)).toBeNull();
    expect(whyNotBy({ scheme: "entra", isPerson: true }, right)).toBeNull();
    const ofApp = whyNotBy({ scheme: "entra", isPerson: false }, right);
    expect(ofApp === null).toBe(right !== "run.approve");
  });

  it.each(RIGHTS)("%s is there for a signature only if a replay of it does no harm", (right) => {
    for (const scheme of ["hmac", "jira"] as const) {
      const refusal =
        right === "incident.submit" ? /^$/ : /signature is valid only for .*send a key or a token/;
      expect(whyNotBy({ scheme, isPerson: false }, right) ?? "").toMatch(refusal);
    }
  });
});

describe("an option in the query", () => {
  it.each(["key", "entra"] as const)("is good with %s, which is shown only to us", (scheme) => {
    expect(whyNotInQuery(scheme, "profile")).toBeNull();
  });

  it.each(["hmac", "jira"] as const)("is refused with %s, which does not cover it", (scheme) => {
    expect(whyNotInQuery(scheme, "profile")).toMatch(/does not cover the query, so profile cannot/);
  });
});
