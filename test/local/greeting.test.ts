import { describe, expect, it } from "vitest";
import { greeting, type Greeting } from "../../local/greeting.ts";
import { LIFTED_CAPS, localSettings } from "../../local/settings.ts";

const URL = "http://127.0.0.1:7071";
const SIMULATED: Greeting = {
  stack: { url: URL, azurite: null, simulator: { url: "http://127.0.0.1:4444" } },
  key: "key",
  speed: 20,
  machine: undefined,
  env: {},
  logFile: "host.log",
};
const REAL = { DEFENDER_API_URL: "https://api.securitycenter.microsoft.com" };

const lifted = Object.entries(LIFTED_CAPS).map(([name, value]) => `${name}=${value}`);

describe("what npm start says of caps and first waves", () => {
  it.each(lifted)("is that it lifts %s, before the simulated tenant", (cap) => {
    expect(greeting(SIMULATED)).toContain(cap);
  });

  it("leaves out what the environment sets", () => {
    const text = greeting({ ...SIMULATED, env: { CANARY_ABOVE: "7" } });
    expect(text).not.toContain("CANARY_ABOVE");
    expect(text).toContain("CAP_MACHINES_PER_DAY");
  });

  it("is nothing before a real tenant, where none is lifted", () => {
    const stack = { ...SIMULATED.stack, simulator: null };
    expect(greeting({ ...SIMULATED, stack, env: REAL })).not.toMatch(/CAP_|CANARY_/);
    const parts = { storage: "here", simulator: null, key: "key", stateDir: "state" };
    expect(Object.keys(localSettings(parts, REAL)).join(" ")).not.toMatch(/CAP_|CANARY_/);
  });
});
