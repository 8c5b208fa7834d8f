import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseCallers } from "../../shared/access/caller.ts";
import { SOURCES } from "../../shared/incident/incident.ts";
import { keyHash } from "./callers.ts";

const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const GUID = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const ENTRA = { tenant: GUID, audience: "api://lrq", apps: [GUID] };
const playbook = { name: "playbook", key: keyHash("k"), may: ["incident.submit"] };

describe("the setting CALLERS", () => {
  it("gives callers, with every source and profile where none is named", () => {
    const setting = [
      playbook,
      {
        name: "jira",
        hmac: [SECRET],
        jira: ["It's a Secret to Everybody"],
        may: ["incident.submit", "again"],
        sources: ["jira"],
        profiles: ["triage"],
        all: false,
        callbacks: [],
      },
    ];
    expect(parseCallers(JSON.stringify(setting))).toEqual({
      kind: "parsed",
      value: [
        { ...playbook, all: false, sources: SOURCES, profiles: null, callbacks: [] },
        setting[1],
      ],
    });
  });

  it.each(["", "  ", "[]"])("%j means nobody", (text) => {
    expect(parseCallers(text)).toEqual({ kind: "parsed", value: [] });
  });

  it.each([
    ["is no array", {}, ""],
    ["holds no name", [{ ...playbook, name: undefined }], "0.name"],
    ["holds the name that objects keep", [{ ...playbook, name: "__proto__" }], "0.name"],
    ["holds a name with spaces", [{ ...playbook, name: "two words" }], "0.name"],
    ["holds a plain key", [{ ...playbook, key: "canary" }], "0.key"],
    ["holds an upper-case hash", [{ ...playbook, key: keyHash("k").toUpperCase() }], "0.key"],
    ["holds no credential", [{ name: "x", may: ["operate"] }], "0"],
    ["holds no rights", [{ ...playbook, may: [] }], "0.may"],
    ["holds an unknown right", [{ ...playbook, may: ["everything"] }], "0.may.0"],
    ["holds an unknown source", [{ ...playbook, sources: ["mail"] }], "0.sources.0"],
    ["allows no source", [{ ...playbook, sources: [] }], "0.sources"],
    ["holds a field nobody knows", [{ ...playbook, admin: true }], "0"],
    ["holds a short secret", [{ ...playbook, hmac: ["whsec_Y2FuYXJ5"] }], "0.hmac.0"],
    ["holds a secret that is no base64", [{ ...playbook, hmac: ["whsec_canary!"] }], "0.hmac.0"],
    ["holds too many secrets", [{ ...playbook, hmac: Array(4).fill(SECRET) }], "0.hmac"],
    ["holds a guessable Jira secret", [{ ...playbook, jira: ["canary"] }], "0.jira.0"],
    ["names a caller twice", [playbook, { ...playbook, key: keyHash("l") }], "1.name"],
    ["gives a key to two callers", [playbook, { ...playbook, name: "other" }], "1.key"],
  ])("is refused if it %s, and the problem says where but shows no value", (_, setting, path) => {
    const parsed = parseCallers(JSON.stringify(setting));
    expect(parsed).toMatchObject({ kind: "invalid", problems: [{ path }] });
    expect(JSON.stringify(parsed)).not.toContain("canary");
  });

  it.each([
    ["names no tenant", { audience: "api://lrq", apps: [GUID] }, "0.entra.tenant"],
    ["names the tenant by a domain", { ...ENTRA, tenant: "contoso.example" }, "0.entra.tenant"],
    ["names no audience", { tenant: GUID, apps: [GUID] }, "0.entra.audience"],
    ["lists nobody", { tenant: GUID, audience: "api://lrq" }, "0.entra"],
    ["lists an empty list", { ...ENTRA, apps: [] }, "0.entra.apps"],
    ["lists an app by its name", { ...ENTRA, apps: ["canary"] }, "0.entra.apps.0"],
    [
      "lists a person in upper case",
      { ...ENTRA, people: [GUID.toUpperCase()] },
      "0.entra.people.0",
    ],
    ["holds a field nobody knows", { ...ENTRA, groups: ["canary"] }, "0.entra"],
  ])("is refused if an Entra rule %s", (_, entra, path) => {
    const parsed = parseCallers(JSON.stringify([{ name: "x", entra, may: ["operate"] }]));
    expect(parsed).toMatchObject({ kind: "invalid", problems: [{ path }] });
    expect(JSON.stringify(parsed)).not.toContain("canary");
  });

  it("knows a caller by its Entra token alone", () => {
    const parsed = parseCallers(JSON.stringify([{ name: "x", entra: ENTRA, may: ["operate"] }]));
    expect(parsed).toMatchObject({ kind: "parsed", value: [{ name: "x", entra: ENTRA }] });
  });

  it("is refused without being quoted if it is no JSON", () => {
    const parsed = parseCallers('[{"name":"x","hmac":["whsec_canary"');
    expect(parsed).toEqual({ kind: "invalid", problems: [{ path: "", message: "is not JSON" }] });
  });

  it("gives every problem at once", () => {
    const parsed = parseCallers(JSON.stringify([{ name: "", key: "x", may: [] }, { name: "y" }]));
    expect(parsed.kind === "invalid" && parsed.problems.length).toBeGreaterThanOrEqual(4);
  });

  it("never throws, whatever JSON it is given", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseCallers(text).kind).toMatch(/^(parsed|invalid)$/);
      }),
    );
  });
});
