import { describe, expect, it } from "vitest";
import { checkToken } from "../../shared/doctor/check-token.ts";

const AUDIENCE = "https://api.securitycenter.microsoft.com";
const WANTED = {
  tokenScope: `${AUDIENCE}/.default`,
  libraryCheck: "list",
  hunting: ["x"],
} as const;
const NOW_MS = 1_000_000;

/** The checks that are not in order, of a token with these roles. */
function troubles(roles: readonly string[], wanted: Parameters<typeof checkToken>[1] = WANTED) {
  const claims = { aud: AUDIENCE, exp: 2_000, roles };
  const parts = [{ alg: "none" }, claims].map((part) => JSON.stringify(part));
  const token = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
  const findings = checkToken(`${token}.signature`, wanted, NOW_MS);
  return findings.filter(({ state }) => state !== "ok").map(({ check }) => check);
}

describe("the doctor", () => {
  it("finds nothing wrong with a token that has every right", () => {
    const lists = ["Library.Manage", "AdvancedQuery.Read.All"];
    expect(troubles(["Machine.LiveResponse", "Machine.ReadWrite.All", ...lists])).toEqual([]);
  });

  it("misses the rights to run, to list the library and to hunt in an app that only reads", () => {
    const runs = "role Machine.LiveResponse";
    const more = ["role Library.Manage", "role AdvancedQuery.Read.All"];
    expect(troubles(["Machine.Read.All"])).toEqual([runs, ...more]);
    const less = { ...WANTED, libraryCheck: "off", hunting: [] } as const;
    expect(troubles(["Machine.Read.All"], less)).toEqual([runs]);
  });
});
