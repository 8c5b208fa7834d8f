import { expect, it } from "vitest";
import { laneRange, runKey } from "../../../shared/ledger/row/keys.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { readOutstanding } from "../../../shared/store/outstanding.ts";
import { applyGates } from "../../../shared/store/apply-gates.ts";
import { resumeRun } from "../../../shared/workflow/operate/resume-run.ts";
import { loadChosen } from "../../../shared/workflow/submit/load-chosen.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { interrupted } from "../interrupting.ts";
import { startPausingItself } from "../pausing-itself.ts";
import { DEFINITION, MINUTE_MS, startSweeping } from "../sweep/sweeping.ts";

const GOING = {
  scope: {},
  factsAgeMs: 600_000,
  library: null,
  passedOver: new Set<string>(),
  lostTo: null,
};

it("a run that is resumed while a drain moves one of it aside goes on with all of it", async () => {
  const { world, runId, fail, readyKeys } = await startPausingItself();
  await fail(5);
  const keys = await readyKeys();
  expect(keys).toHaveLength(5);
  const slow = interrupted(world.ports.ledger, runKey(runId), async () => {
    expect(await resumeRun(world.ports, someLimits(), runId, "operator")).toBe(true);
  });
  const { value: budget } = await loadBudget(world.ledger);
  await loadChosen({ ...world.ports, ledger: slow }, keys.slice(0, 1), { ...GOING, budget });
  await applyGates(world.ports, await readOutstanding(world.ledger));
  expect(await readyKeys()).toEqual(keys);
});

it("a sequence whose window opens after its expiry waits until its expiry", async () => {
  const sweeping = startSweeping(1);
  const { ledger } = sweeping.ports;
  const window = { from: "09:00", to: "10:30", zone: "Etc/UTC" };
  await sweeping.apply({ ...DEFINITION, window, expires: "1h" });
  await sweeping.start();
  await sweeping.ticks(2);
  expect(await sweeping.sequences()).toHaveLength(1);
  sweeping.pass(40 * MINUTE_MS);
  const { from, before } = laneRange(3);
  const keys = (await ledger.list(from, before, 10)).map(({ key }) => key);
  const { value: budget } = await loadBudget(ledger);
  await loadChosen(sweeping.ports, keys, { ...GOING, budget });
  const [{ place, expiresAtMs } = { place: null, expiresAtMs: 0 }] = await sweeping.sequences();
  expect(expiresAtMs).toBe((await sweeping.round()).expiresAtMs);
  expect(place).toEqual({ kind: "later", dueAtMs: expiresAtMs });
});
