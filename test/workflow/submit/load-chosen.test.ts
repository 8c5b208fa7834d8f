import { expect, it } from "vitest";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { readOutstanding } from "../../../shared/store/outstanding.ts";
import { applyGates } from "../../../shared/store/apply-gates.ts";
import { resumeRun } from "../../../shared/workflow/operate/resume-run.ts";
import { loadChosen } from "../../../shared/workflow/submit/load-chosen.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { interrupted } from "../interrupting.ts";
import { startPausingItself } from "../pausing-itself.ts";

it("a run that is resumed while a drain moves one of it aside goes on with all of it", async () => {
  const { world, runId, fail, readyKeys } = await startPausingItself();
  await fail(5);
  const keys = await readyKeys();
  expect(keys).toHaveLength(5);
  const slow = interrupted(world.ports.ledger, runKey(runId), async () => {
    expect(await resumeRun(world.ports, someLimits(), runId, "operator")).toBe(true);
  });
  const { value: budget } = await loadBudget(world.ledger);
  await loadChosen({ ...world.ports, ledger: slow }, keys.slice(0, 1), {
    budget,
    scope: {},
    factsAgeMs: 600_000,
    library: null,
    passedOver: new Set(),
    lostTo: null,
  });
  await applyGates(world.ports, await readOutstanding(world.ledger));
  expect(await readyKeys()).toEqual(keys);
});
