import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/config.ts";
import { checkHuntRole, sweepsThatHunt } from "../../shared/doctor/check-hunting.ts";
import { DEFINITION, startSweeping } from "../workflow/sweep/sweeping.ts";

const QUERY = { ...DEFINITION, targets: { query: "DeviceInfo | distinct DeviceId" } };

/** The names that are found if this definition was applied. */
async function huntingWith(definition: object, env: Readonly<Record<string, string>> = {}) {
  const sweeping = startSweeping(1);
  expect(await sweeping.apply(definition)).toMatchObject({ kind: "applied" });
  const storage = { AzureWebJobsStorage: "UseDevelopmentStorage=true" };
  const read = readConfig({ ...storage, POLL_SCHEDULE: "0 * * * * *", ...env });
  if (read.kind === "wrong") throw new Error(JSON.stringify(read.problems));
  return await sweepsThatHunt(sweeping.ports.ledger, read.config);
}

describe("the right to hunt", () => {
  it("is needed by sweeps whose targets are a query, unless Graph runs it", async () => {
    expect(await huntingWith(QUERY)).toEqual(["triage"]);
    expect(await huntingWith(DEFINITION)).toEqual([]);
    expect(await huntingWith(QUERY, { HUNTING_API: "graph" })).toEqual([]);
  });

  it("is a finding if it is there, or missing and needed", () => {
    expect(checkHuntRole(true, [])).toMatchObject([{ state: "ok" }]);
    expect(checkHuntRole(false, [])).toEqual([]);
    const [missing] = checkHuntRole(false, ["a", "b", "c", "d"]);
    expect(missing).toMatchObject({
      state: "error",
      what: expect.stringContaining("a, b, c, ..."),
    });
    expect(missing?.fix).toMatch(/grant\.mjs --hunting.*HUNTING_API to graph/);
  });
});
