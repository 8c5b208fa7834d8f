import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { acceptedSchema, problemSchema } from "./answers.ts";
import { incident, machine, machineId, PATIENT_CALLS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: [
      machine(1),
      machine(2, { osPlatform: "Ubuntu" }),
      machine(3, { mergedIntoMachineId: machineId(1) }),
      machine(4, { osPlatform: "iOS" }),
    ],
    env: PATIENT_CALLS,
  });
  await stage.call("POST", "pause", { reason: "only looking at what is planned" });
});
afterAll(async () => await stage.close());

const alert = (number: number, more: object = {}) => ({
  id: `a-${number}`,
  incidentId: number,
  severity: "High",
  machineId: machineId(number),
  ...more,
});

describe("an alert that does not say what its machine runs", () => {
  it("gets the profile for what Defender says, with one read", async () => {
    const before = stage.simulator.reads()["machines"] ?? 0;
    const { runId } = await stage.accept("defender", alert(2));
    const { sequences } = await stage.run(runId);
    expect(sequences).toMatchObject([{ profile: { name: "unix-triage" } }]);
    expect(stage.simulator.reads()["machines"]).toBe(before + 1);
  });

  it("is skipped for a phone, whether the sender says so or Defender", async () => {
    const reads = stage.simulator.reads();
    const answered = await stage.post("defender", alert(4, { osPlatform: "iOS" }));
    expect(stage.simulator.reads()).toEqual(reads);
    for (const { status, body } of [answered, await stage.post("defender", alert(4))]) {
      expect(status).toBe(422);
      expect(problemSchema.parse(body).skipped).toMatchObject([
        { reason: expect.stringContaining("live response is for") },
      ]);
    }
  });

  it("follows a machine that was merged into another", async () => {
    const { sequences, readAs } = await stage.accept("defender", alert(3));
    expect(sequences).toMatchObject([{ machineId: machineId(1) }]);
    expect(readAs).toMatchObject([{ machine: machineId(3) }]);
  });
});

/** The answer to a body that is packed. */
const sent = async (body: Buffer, encoding: string) =>
  await fetch(`${stage.url}/api/incidents/generic`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${stage.key}`,
      "content-type": "application/json",
      "content-encoding": encoding,
    },
    body: new Uint8Array(body),
  });

describe("a body", () => {
  it("may come as gzip, within the same bound", async () => {
    const packed = gzipSync(JSON.stringify(incident("packed", [1])));
    const answered = await sent(packed, "gzip");
    expect(answered.status).toBe(202);
    expect(acceptedSchema.parse(await answered.json()).sequences).toHaveLength(1);
    expect((await sent(gzipSync(Buffer.alloc(3_000_000, " ")), "gzip")).status).toBe(413);
  });

  it("in another encoding is refused, and what to change is said", async () => {
    const answered = await sent(Buffer.from("x"), "br");
    expect(answered.status).toBe(415);
    expect(problemSchema.parse(await answered.json()).detail).toContain("Content-Encoding: gzip");
  });
});

/** The keys of all rows but those of the news of the pause, which is told meanwhile. */
const rows = async () => (await stage.rows()).ledger.filter((key) => !key.startsWith("news!"));

describe("news of a subscription", () => {
  it("is answered, noted in the log, and starts nothing", async () => {
    const ledger = await rows();
    const news = { lifecycleEvent: "reauthorizationRequired", subscriptionId: "s-1" };
    const answered = await stage.post("graph", { value: [news] });
    expect([answered.status, answered.body]).toEqual([
      202,
      { noted: expect.stringContaining("reauthorizationRequired") },
    ]);
    const isNoted = () => stage.log.some((line) => line.includes('"event":"graphLifecycle"'));
    await expect.poll(isNoted).toBe(true);
    expect(await rows()).toEqual(ledger);
  });
});
