import { describe, expect, it } from "vitest";
import { readChaosOptions } from "../../../local/chaos/chaos-options.ts";

describe("the flags of npm run chaos", () => {
  it("are read, and have values when they are left out", () => {
    const words = ["--hosts", "4", "--minutes", "0.5", "--seed", "0"];
    const options = { hosts: 4, minutes: 0.5, seed: 0 };
    expect(readChaosOptions(words)).toEqual({ kind: "chaos", options });
    expect(readChaosOptions([])).toEqual({
      kind: "chaos",
      options: { hosts: 3, minutes: 5, seed: 1 },
    });
    expect(readChaosOptions(["--help"])).toEqual({ kind: "help" });
  });

  it.each([
    [["--hosts", "1"], "--hosts"],
    [["--hosts", "10"], "--hosts"],
    [["--hosts", "2.5"], "--hosts"],
    [["--minutes", "0"], "--minutes"],
    [["--minutes", "soon"], "--minutes"],
    [["--seed", "-1"], "--seed"],
    [["--seed", "1e99"], "--seed"],
    [["--sead", "1"], "--sead"],
  ])("%j is refused, by the name of the flag", (words, name) => {
    const asked = readChaosOptions(words);
    expect(asked.kind === "wrong" ? asked.problems.join() : "").toContain(name);
  });
});
