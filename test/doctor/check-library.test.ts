import { describe, expect, it } from "vitest";
import { checkLibraryRole, checkSignatures } from "../../shared/doctor/check-library.ts";
import type { Pins } from "../../shared/plan/library/pins.ts";

function pinsOf(files: Readonly<Record<string, boolean>>): Pins {
  return new Map(
    Object.entries(files).map(([name, signed]) => [
      name,
      { name, sha256: "0".repeat(64), description: null, parameters: null, signed },
    ]),
  );
}

describe("the right to list the library", () => {
  it.each([
    ["list", true, "ok", /lists the library/],
    ["list", false, "error", /grant\.mjs --library.*LIBRARY_CHECK to given/],
    ["given", false, "ok", /needs none/],
    ["off", false, "ok", /needs none/],
    ["given", true, "warning", /Remove it/],
    ["off", true, "warning", /Remove it/],
  ] as const)("with LIBRARY_CHECK=%s and the role there (%s) is %s", (check, has, state, words) => {
    const finding = checkLibraryRole(has, check);
    expect(finding.state).toBe(state);
    expect(finding.fix ?? finding.what).toMatch(words);
  });
});

describe("the signatures of pinned scripts", () => {
  it("concern PowerShell scripts only", () => {
    expect(checkSignatures(pinsOf({ "a.sh": false, "tools.zip": false }))).toEqual([]);
    expect(checkSignatures(pinsOf({ "a.sh": false, "b.PS1": true }))).toMatchObject([
      { state: "ok", what: "All 1 are signed." },
    ]);
  });

  it("that are missing lead to the tenant's setting, which the doctor cannot see", () => {
    const files = { "a.ps1": false, "b.ps1": true, "c.ps1": false, "d.ps1": false, "e.ps1": false };
    const [finding] = checkSignatures(pinsOf(files));
    expect(finding).toMatchObject({ state: "unknown", check: "unsigned scripts" });
    expect(finding?.what).toContain("4 of 5 PowerShell scripts");
    expect(finding?.what).toContain("(a.ps1, c.ps1, d.ps1, ...)");
    expect(finding?.fix).toContain("Live Response unsigned script execution");
  });
});
