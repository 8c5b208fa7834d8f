import { describe, expect, it } from "vitest";
import { localSettings, settingsTrouble } from "../../local/settings.ts";
import { readConfig } from "../../shared/config.ts";

const parts = {
  storage: "UseDevelopmentStorage=true",
  simulator: { url: "http://127.0.0.1:4444", speed: 20 },
  key: "key",
  stateDir: "state",
};

describe("the settings of the local stack", () => {
  it("are settings the app takes", () => {
    const config = readConfig(localSettings(parts, {}));
    expect(config).toMatchObject({
      kind: "config",
      config: { defender: { url: "http://127.0.0.1:4444" }, limits: { windowMs: 3_000 } },
    });
  });

  it("lets the environment win, but not with a setting that is empty", () => {
    const env = { DEFENDER_API_URL: "", DEFENDER_MAX_SESSIONS: "5" };
    const config = readConfig(localSettings(parts, env));
    expect(config).toMatchObject({
      config: { defender: { url: "http://127.0.0.1:4444" }, limits: { maxSessions: 5 } },
    });
  });
});

describe("settingsTrouble", () => {
  it("has nothing to say of an empty environment", () => {
    expect(settingsTrouble({})).toEqual([]);
  });

  it.each([
    [{ DEFENDER_MAX_SESSIONS: "many" }, "DEFENDER_MAX_SESSIONS"],
    [{ CALLERS: '[{"name":"soc"}]' }, "CALLERS"],
    [{ AzureWebJobsStorage: "my account" }, "AzureWebJobsStorage"],
    [
      { DEFENDER_API_URL: "https://api.example", DEFENDER_ACCESS_TOKEN: "secret" },
      "DEFENDER_ACCESS_TOKEN",
    ],
  ])("names the setting that is wrong in %j, and not its value's secrets", (env, name) => {
    const trouble = settingsTrouble(env);
    expect(trouble).toEqual([expect.stringContaining(name)]);
    expect(trouble.join("")).not.toContain("secret");
  });
});
