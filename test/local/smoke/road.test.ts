import { describe, expect, it } from "vitest";
import { walk } from "../../../local/smoke/road.ts";

const unasked = async () => await Promise.reject(new Error("nobody may ask for it"));

/** The road through an app that the setting PAUSED has paused, as docs/deploy.md begins. */
async function walkedWhilePaused() {
  const paused = { by: "the setting PAUSED", why: "PAUSED is on in the settings of the app." };
  return await walk({
    app: {
      health: async () => ({ kind: "answered", value: { status: "ok" } }),
      status: async () => ({ kind: "answered", value: { paused, lockedOut: null } }),
      submit: unasked,
      run: unasked,
    },
    machine: "pc-1",
    timeoutMs: 1_000,
    everyMs: 1,
    nowMs: () => 0,
    verify: unasked,
    tell: () => undefined,
  });
}

describe("the road through an app that the setting PAUSED holds", () => {
  it("ends before anything is accepted, and says to set PAUSED to false before a resume", async () => {
    const { runId, steps } = await walkedWhilePaused();
    expect(runId).toBeNull();
    expect(steps.map(({ verdict }) => verdict)).toEqual(["ok", "refused"]);
    expect(steps.at(-1)?.fix).toMatch(/PAUSED .* false .* POST \/api\/resume/);
  });
});
