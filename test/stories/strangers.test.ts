import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { statusSchema } from "./answers.ts";
import { incident, machineId, machines, OFFLINE_HOLDS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

describe("somebody in the tenant who writes our mark into the comment of an action", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ machines: machines(3), env: OFFLINE_HOLDS });
  });
  afterAll(async () => await stage.close());

  /** Starts the action past lrq, as anybody may who may start live response. */
  async function startAsStranger(number: number, comment: string): Promise<string> {
    const { url } = stage.simulator;
    const answer = await fetch(`${url}/api/machines/${machineId(number)}/runliveresponse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        Commands: [{ type: "GetFile", params: [{ key: "Path", value: "C:\\other" }] }],
        Comment: comment,
      }),
    });
    return z.object({ id: z.string() }).parse(await answer.json()).id;
  }

  it("is told of, and the sequence waits on and does its own work", async () => {
    // An open session, so that there are lists; and a machine on which the stranger waits.
    for (const number of [1, 3]) stage.simulator.setOffline(machineId(number), true);
    const open = await stage.accept("generic", incident("open", [1]));
    await stage.until(open.runId, ({ sequences }) => sequences[0]?.state === "submitted");
    await stage.call("POST", "pause", { reason: "nothing new yet" });
    const { runId, sequences } = await stage.accept("generic", incident("waits", [2]));
    const sequenceId = sequences[0]?.sequenceId ?? "";
    const strange = await startAsStranger(3, `[lrq:${sequenceId}.0.0] as if it were ours`);

    const told = await stage.until(runId, ({ impersonated }) => impersonated === 1);
    expect(told.sequences).toMatchObject([
      {
        state: "waiting",
        machineActionId: null,
        impersonations: [{ machineActionId: strange, machineId: machineId(3), why: "attempt" }],
      },
    ]);
    const status = async () => statusSchema.parse((await stage.call("GET", "status")).body);
    expect((await status()).impersonations).toMatchObject([
      { machineActionId: strange, sequenceId },
    ]);
    // The poll that told of it writes what it saw of others' sessions last.
    await expect.poll(async () => (await status()).sessions.foreign).toBe(1);
    expect(JSON.stringify((await stage.call("GET", "audit")).body)).toMatch(
      new RegExp(`"impersonation"[^}]*${strange}`),
    );

    await stage.call("POST", "resume");
    for (const number of [1, 3]) stage.simulator.setOffline(machineId(number), false);
    const done = await stage.untilFinished(runId);
    const own = stage.simulator.actions().find((each) => each.machineId === machineId(2));
    expect(done.sequences).toMatchObject([{ state: "succeeded", machineActionId: own?.id }]);
    const { entries } = await stage.manifest(runId);
    expect(JSON.stringify(entries)).not.toContain(strange);
    const stranger = stage.simulator.actions().find(({ id }) => id === strange);
    expect(stranger?.status).not.toBe("Cancelled");
    expect(stage.simulator.violations()).toEqual([]);
  });
});
