import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { incident, machines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/**
 * The timer of the polls ticks in the first second of a year, and so not while this runs. The drain
 * watches as long as a setting can say, for on a busy machine the run lasts.
 */
const NEVER = "0 0 0 1 1 *";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: machines(4),
    env: { POLL_SCHEDULE: NEVER, WATCH_SECONDS: "240" },
  });
});
afterAll(async () => await stage.close());

describe("an incident that comes while the timer rests", () => {
  it("is watched to its end by the drain that submits it", async () => {
    const { runId } = await stage.accept("generic", incident("at rest", [1, 2, 3, 4]));
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, succeeded: 4 });
  });
});
