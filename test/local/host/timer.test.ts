import { afterEach, describe, expect, it } from "vitest";
import { join } from "node:path";
import type { Host } from "../../../local/host/host.ts";
import { startHost } from "../../../local/host/host.ts";

let host: Host | null = null;
afterEach(async () => {
  await host?.stop();
  host = null;
});

const ticks = (): unknown[] => Reflect.get(globalThis, "ticks");
const start = (): Promise<Host> =>
  startHost({
    root: join(import.meta.dirname, "fixtures/timer-app"),
    port: 0,
    storage: "",
    stateDir: null,
    log: () => undefined,
  });

describe("a timer function", () => {
  it("has its schedule from a setting, fires, and gets a timer in the library's words", async () => {
    process.env["HOURLY"] = "* * * * * *";
    host = await start();
    expect(host.functions).toEqual([{ name: "hourly", type: "timer", schedule: "* * * * * *" }]);
    await expect.poll(() => ticks().length).toBeGreaterThan(0);
    expect(ticks()[0]).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: null,
      isPastDue: false,
    });
  });

  it("may be run by hand", async () => {
    process.env["HOURLY"] = "0 0 0 1 1 *";
    host = await start();
    expect(await host.invoke("HOURLY")).toMatchObject({ kind: "succeeded" });
    expect(Reflect.get(globalThis, "ticks")).toHaveLength(1);
  });

  it("that a setting disables is not there, and cannot be run by hand", async () => {
    process.env["HOURLY"] = "* * * * * *";
    process.env["AzureWebJobs.hourly.Disabled"] = "true";
    host = await start().finally(() => delete process.env["AzureWebJobs.hourly.Disabled"]);
    expect(host.functions).toEqual([]);
    await expect(host.invoke("hourly")).rejects.toThrow('no function named "hourly"');
  });

  it("with a schedule that cannot be read keeps the host from starting", async () => {
    process.env["HOURLY"] = "@hourly";
    await expect(start()).rejects.toThrow('function "hourly": schedule "@hourly"');
  });
});
