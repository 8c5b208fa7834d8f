import { describe, expect, it } from "vitest";
import { checkPins } from "../../shared/doctor/check-library.ts";
import { readProfiles } from "../../shared/shipped-profiles.ts";

const read = readProfiles();
if (read.kind === "wrong") throw new Error(JSON.stringify(read.problems));
const { catalogue, pins } = read;

describe("the doctor, about pins", () => {
  it("has nothing to say while every file of a profile has one", () => {
    expect(checkPins({ check: "list" }, { catalogue, pins })).toEqual([]);
  });

  it("names the profile whose file has none, for its sequences wait", () => {
    const fewer = new Map([...pins].filter(([name]) => name !== "collect-unix-triage.sh"));
    const findings = checkPins({ check: "given" }, { catalogue, pins: fewer });
    expect(findings).toMatchObject([{ state: "warning", check: "library pins" }]);
    expect(findings[0]?.what).toContain("unix-triage names collect-unix-triage.sh");
  });

  it("warns where nothing is compared", () => {
    const [finding] = checkPins({ check: "off" }, { catalogue, pins: new Map() });
    expect(finding).toMatchObject({
      state: "warning",
      fix: expect.stringContaining("LIBRARY_CHECK"),
    });
  });
});
