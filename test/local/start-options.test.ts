import { describe, expect, it } from "vitest";
import { readStartOptions } from "../../local/start-options.ts";

describe("the options of npm start", () => {
  it("has a default for everything", () => {
    expect(readStartOptions([], {})).toEqual({
      kind: "start",
      options: { fresh: false, port: 7071, speed: 20, key: null, verbose: false },
    });
  });

  it("takes what the environment sets", () => {
    const env = { PORT: "0", SIMULATOR_SPEED: "2.5", LRQ_LOCAL_KEY: "k3y", LRQ_VERBOSE: "1" };
    expect(readStartOptions(["--fresh"], env)).toEqual({
      kind: "start",
      options: { fresh: true, port: 0, speed: 2.5, key: "k3y", verbose: true },
    });
  });

  it("takes empty settings for unset ones", () => {
    const env = { PORT: "", SIMULATOR_SPEED: "", LRQ_LOCAL_KEY: "" };
    expect(readStartOptions([], env)).toEqual(readStartOptions([], {}));
  });

  it("hears of the flag that npm kept for itself", () => {
    const asked = readStartOptions([], { npm_config_fresh: "true" });
    expect(asked).toMatchObject({ options: { fresh: true } });
  });

  it("names every argument it does not know", () => {
    const asked = readStartOptions(["--frsh", "now", "--fresh=yes"], {});
    expect(asked.kind === "wrong" ? asked.problems : []).toEqual([
      expect.stringContaining('does not know "--frsh"'),
      expect.stringContaining('does not know "now"'),
      expect.stringContaining('does not know "--fresh=yes"'),
    ]);
  });

  it.each([
    [{ PORT: "http" }, "PORT"],
    [{ PORT: "65536" }, "PORT"],
    [{ PORT: "-1" }, "PORT"],
    [{ SIMULATOR_SPEED: "0" }, "SIMULATOR_SPEED"],
    [{ SIMULATOR_SPEED: "fast" }, "SIMULATOR_SPEED"],
    [{ LRQ_LOCAL_KEY: "two words" }, "LRQ_LOCAL_KEY"],
    [{ LRQ_LOCAL_KEY: "it's" }, "LRQ_LOCAL_KEY"],
  ])("refuses %j and says what it may be", (env, name) => {
    const asked = readStartOptions([], env);
    expect(asked.kind === "wrong" ? asked.problems : []).toEqual([expect.stringContaining(name)]);
  });

  it("explains itself", () => {
    expect(readStartOptions(["--help"], {})).toEqual({ kind: "help" });
  });
});
