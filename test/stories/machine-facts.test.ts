import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemSchema } from "./answers.ts";
import { machine, machineId, PATIENT_CALLS } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const DOMAIN = "corp.contoso.example";
const idOf = (number: number) => ({ machineId: machineId(number) });

/** A generic incident of high severity with these machines, as the sender describes them. */
const claiming = (id: string, ...machines: readonly object[]) => ({
  incident: { id, title: "Story", severity: "high" },
  machines,
});

describe("what a sender says of a machine", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      machines: [
        machine(1),
        machine(2, { osPlatform: "Ubuntu" }),
        machine(3, { osPlatform: "iOS" }),
        machine(4, { osPlatform: "BeOS" }),
      ],
    });
  });
  afterAll(async () => await stage.close());

  it("chooses neither profile nor quoting: a Windows machine said to run Linux gets Windows triage", async () => {
    const body = claiming("lie", { ...idOf(1), platform: "linux", name: "ceo-laptop" });
    const { runId, sequences, readAs } = await stage.accept("generic", body);
    const name = `pc-1.${DOMAIN}`;
    expect(sequences).toMatchObject([{ machineName: name }]);
    expect(readAs).toEqual([{ machine: "ceo-laptop", as: name }]);
    const run = await stage.untilFinished(runId);
    expect(run.sequences).toMatchObject([
      { machineName: name, profile: { name: "windows-triage" }, state: "succeeded" },
    ]);
    const { entries } = await stage.manifest(runId);
    expect(new Set(entries.map((entry) => entry["machineName"]))).toEqual(new Set([name]));
  });

  it("is not needed: machines given only by id get the profile of the system that they run", async () => {
    const { sequences, runId } = await stage.accept("generic", claiming("ids", idOf(1), idOf(2)));
    expect(sequences).toHaveLength(2);
    // They come in the order of their keys, which are hashes.
    const chosen = (await stage.run(runId)).sequences.map((each) => [
      each.machineId,
      each.profile.name,
    ]);
    expect(Object.fromEntries(chosen)).toEqual({
      [idOf(1).machineId]: "windows-triage",
      [idOf(2).machineId]: "unix-triage",
    });
  });

  it("starts nothing on a system that lrq has no profile for, or does not know", async () => {
    const said = [3, 4, 9].map((number) => ({
      machineId: machineId(number),
      platform: "windows",
    }));
    const answered = await stage.post("generic", claiming("others", ...said));
    expect(answered.status).toBe(422);
    const reasons = problemSchema.parse(answered.body).skipped?.map(({ reason }) => reason);
    expect(reasons).toEqual([
      expect.stringContaining("runs iOS"),
      expect.stringContaining('runs "BeOS"'),
      expect.stringContaining("knows no machine with this id"),
    ]);
  });
});

describe("an incident of many machines", () => {
  it("is one call for twenty ids, or for ten names", async () => {
    const many = Array.from({ length: 60 }, (_, at) => machine(at + 1));
    const stage = await openStage({ machines: many, env: PATIENT_CALLS });
    try {
      await stage.call("POST", "pause", { reason: "only looking at what is asked" });
      const byId = many.map(({ id }) => ({ machineId: id }));
      const asked = () => stage.simulator.reads()["machines"] ?? 0;
      const before = asked();
      const accepted = await stage.accept("generic", claiming("by id", ...byId));
      expect(accepted.sequences).toHaveLength(60);
      expect(asked() - before).toBe(3);
      const byName = many.map(({ computerDnsName }) => ({ name: computerDnsName }));
      const again = await stage.accept("generic", claiming("by name", ...byName));
      expect(again.sequences).toHaveLength(60);
      expect(asked() - before).toBe(3 + 6);
    } finally {
      await stage.close();
    }
  });
});

describe("while Defender tells nobody of machines", () => {
  it("a complete incident is accepted, and nothing of it is sent before Defender has spoken", async () => {
    const stage = await openStage({
      machines: [machine(1), machine(2)],
      faults: [{ on: "machines", fault: "503", times: 3 }],
    });
    try {
      const said = { platform: "windows", name: "ceo-laptop" };
      const body = claiming("silent", { ...idOf(1), ...said }, { ...idOf(2), platform: "linux" });
      const { runId } = await stage.accept("generic", body);
      const run = await stage.untilFinished(runId);
      const of = (number: number) =>
        run.sequences.find((each) => each.machineId === machineId(number));
      expect(of(1)).toMatchObject({ machineName: `pc-1.${DOMAIN}`, state: "succeeded" });
      expect(of(2)).toMatchObject({ state: "refused", outcome: { code: "otherMachine" } });
      const touched = new Set(stage.simulator.arrivals().map((each) => each.machineId));
      expect(touched).toEqual(new Set([machineId(1)]));
    } finally {
      await stage.close();
    }
  });

  it("a plan that somebody has to approve waits for Defender's names, and shows them", async () => {
    const callers = [
      { name: "soar", key: hashed("soar"), team: "soc", may: ["incident.submit", "run.read"] },
      { name: "ann", key: hashed("ann"), team: "soc", may: ["run.approve", "run.read"] },
    ];
    const env = {
      CALLERS: JSON.stringify(callers),
      SCOPE: JSON.stringify({ tier0: [{ ids: [machineId(1)] }] }),
    };
    const stage = await openStage({ machines: [machine(1)], env });
    try {
      stage.simulator.addFault({ on: "machines", fault: "503", times: 1 });
      const body = claiming("tier 0", { ...idOf(1), platform: "windows", name: "lab-1" });
      const refused = await stage.post("generic", body, { key: "soar" });
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const accepted = await stage.accept("generic", body, { key: "soar" });
      const shown = await stage.call("GET", `runs/${accepted.runId}`, undefined, { key: "ann" });
      const text = JSON.stringify(shown.body);
      expect(text).toContain(`"machineName":"pc-1.${DOMAIN}"`);
      expect(text).not.toContain('"machineName":"lab-1"');
    } finally {
      await stage.close();
    }
  });
});
