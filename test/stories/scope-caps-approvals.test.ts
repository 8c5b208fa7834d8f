import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { acceptedSchema, runSchema } from "./answers.ts";
import { incident, machine, machineId, machines, refusingMachines } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const skippedSchema = z.object({
  type: z.string(),
  skipped: z.array(z.object({ machine: z.string(), reason: z.string() })),
});

describe("the scope, on machines", () => {
  const SCOPE = {
    allow: [{ groups: ["Workstations"] }, { names: ["pc-5*"] }],
    deny: [{ tags: ["no-response"] }],
  };
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      machines: [
        machine(1, { rbacGroupName: "Workstations" }),
        machine(2, { rbacGroupName: "Workstations", machineTags: ["No-Response"] }),
        machine(3, { rbacGroupName: "Servers" }),
        machine(4),
        machine(5, { rbacGroupName: "Servers" }),
      ],
      env: { SCOPE: JSON.stringify(SCOPE) },
    });
  });
  afterAll(async () => await stage.close());

  it("starts what is allowed, and says of all others why not", async () => {
    const accepted = await stage.accept("generic", incident("scoped", [1, 2, 3, 4, 5, 6]));
    expect(accepted.sequences.map((each) => each.machineId)).toEqual([machineId(1), machineId(5)]);
    const reasons = accepted.skipped.map(({ reason }) => reason);
    expect(reasons).toEqual([
      expect.stringContaining("deny.0"),
      expect.stringContaining("No allow rule"),
      expect.stringContaining("could not read its groups"),
      expect.stringContaining("knows no machine with this id"),
    ]);
    await stage.untilFinished(accepted.runId);
    const touched = new Set(stage.simulator.arrivals().map((each) => each.machineId));
    expect(touched).toEqual(new Set([machineId(1), machineId(5)]));
  });

  it("is not moved by what the sender calls a machine", async () => {
    const asked = {
      incident: { id: "renamed", title: "Renamed", severity: "high" },
      machines: [{ machineId: machineId(3), name: "pc-5.corp.contoso.example" }],
    };
    const { status, body } = await stage.post("generic", asked);
    expect(status).toBe(422);
    expect(skippedSchema.parse(body).skipped).toHaveLength(1);
  });
});

describe("the caps", () => {
  let stage: Stage;
  const send = async (key: string, id: string, of: number[]) =>
    await stage.post("generic", incident(id, of), { key });
  const may = ["incident.submit", "run.read"];
  const callers = [
    { name: "soar", key: hashed("soar"), may },
    { name: "small", key: hashed("small"), may, caps: { perIncident: 2, perDay: 3 } },
  ];
  beforeAll(async () => {
    stage = await openStage({
      env: {
        CALLERS: JSON.stringify(callers),
        CAP_MACHINES_PER_INCIDENT: "4",
        CAP_MACHINES_PER_DAY: "6",
      },
    });
  });
  afterAll(async () => await stage.close());

  it("refuse what is too much, and tell when there is room again", async () => {
    await enoughOfTheDay();
    const large = await send("soar", "large", [1, 2, 3, 4, 5]);
    expect(large).toMatchObject({
      status: 422,
      body: { type: "urn:lrq:problem:too-many-machines" },
    });
    expect((await send("small", "own", [1, 2, 3])).status).toBe(422);
    expect((await send("small", "own", [1, 2])).status).toBe(202);
    const spent = await send("small", "next", [3, 4]);
    expect(spent).toMatchObject({ status: 429, body: { type: "urn:lrq:problem:over-cap" } });
    const seconds = Number(spent.headers.get("retry-after"));
    expect(seconds > 0 && seconds <= 86_400).toBe(true);
    expect((await send("soar", "four", [1, 2, 3, 4])).status).toBe(202);
    expect((await send("soar", "five", [5])).status).toBe(429);
    expect((await send("small", "own", [1, 2])).status).toBe(202);
  });
});

/** What is counted is of a day (UTC): a story about it does not begin in its last minute. */
async function enoughOfTheDay(): Promise<void> {
  const leftMs = 86_400_000 - (Date.now() % 86_400_000);
  if (leftMs < 60_000) await pass(leftMs + 1_000);
}

describe("first waves", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      machines: [...machines(5), ...refusingMachines(21, 22, 23, 24)],
      env: { CANARY_ABOVE: "3", CANARY_MACHINES: "2" },
    });
  });
  afterAll(async () => await stage.close());

  it("go alone, and the others once they have succeeded", async () => {
    const numbers = [1, 2, 3, 4, 5];
    // Until the run has been looked at.
    for (const number of numbers) stage.simulator.setOffline(machineId(number), true);
    const { runId, sequences } = await stage.accept("generic", incident("wave", numbers));
    const first = new Set(sequences.slice(0, 2).map((each) => each.machineId));
    const run = await stage.run(runId);
    expect(run.gate?.state).toBe("first");
    expect(run.sequences.filter(({ waits }) => waits?.code === "canary")).toHaveLength(3);
    for (const number of numbers) stage.simulator.setOffline(machineId(number), false);
    const over = await stage.untilFinished(runId);
    expect([over.gate?.state, over.counts.succeeded]).toEqual(["open", 5]);
    const actions = stage.simulator.actions();
    const endedAtMs = actions
      .filter(({ machineId: id }) => first.has(id))
      .map((each) => each.endedAtMs ?? Number.POSITIVE_INFINITY);
    const others = actions.filter(({ machineId: id }) => !first.has(id));
    expect(others).toHaveLength(3);
    expect(others.every((each) => each.createdAtMs >= Math.max(...endedAtMs))).toBe(true);
  });

  it("stop the run where they fail, until it is resumed", async () => {
    const { runId } = await stage.accept("generic", incident("refused", [21, 22, 23, 24]));
    const paused = await stage.until(runId, ({ gate }) => gate?.state === "paused");
    expect(paused.gate?.why).toBe("2 of 2 sequences failed");
    expect(paused.counts).toMatchObject({ waiting: 2, refused: 2 });
    const resumed = await stage.call("POST", `runs/${runId}/resume`);
    expect(resumed).toMatchObject({ status: 200, body: { resumed: true } });
    expect((await stage.untilFinished(runId)).counts.refused).toBe(4);
  });
});

describe("approvals", () => {
  const may = ["incident.submit", "run.read", "run.approve"];
  const names = ["soar", "lead"];
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      machines: [machine(1), machine(2, { machineTags: ["Tier0"] })],
      env: {
        CALLERS: JSON.stringify(
          names.map((name) => ({ name, key: hashed(name), may, team: "soc" })),
        ),
        SCOPE: '{"tier0":[{"tags":["tier0"]}]}',
      },
    });
  });
  afterAll(async () => await stage.close());

  it("keep a tier 0 machine from being touched until somebody else agrees", async () => {
    const sent = await stage.post("generic", incident("dc", [1, 2]), { key: "soar" });
    const { runId } = acceptedSchema.parse(sent.body);
    const read = async () => {
      const { body } = await stage.call("GET", `runs/${runId}`, undefined, { key: "lead" });
      return runSchema.parse(body);
    };
    const approval = (await read()).approval;
    expect(approval).toMatchObject({ sequences: 1, needed: 1, mayApprove: ["lead"] });
    const body = { planHash: approval?.planHash };
    const approve = async (key: string) =>
      await stage.call("POST", `runs/${runId}/approve`, body, { key });
    expect((await approve("soar")).status).toBe(403);
    expect(stage.simulator.arrivals().some((each) => each.machineId === machineId(2))).toBe(false);
    expect(await approve("lead")).toMatchObject({ status: 200, body: { given: 1, needed: 1 } });
    expect(await approve("lead")).toMatchObject({
      status: 409,
      body: { type: "urn:lrq:problem:not-approvable" },
    });
    await expect.poll(async () => (await read()).state).toBe("finished");
    expect((await read()).counts.succeeded).toBe(2);
  });
});

describe("a scope that was narrowed", () => {
  it("ends what waits and is now denied, before it is sent", async () => {
    const wide = await openStage({ env: { SCOPE: '{"deny":[{"tags":["no-response"]}]}' } });
    try {
      await wide.call("POST", "pause", { reason: "the scope is about to change" });
      const { runId } = await wide.accept("generic", incident("narrowed", [1, 2]));
      const narrow = await openStage({
        storage: wide.storage,
        env: {
          SCOPE: `{"deny":[{"tags":["no-response"]},{"ids":["${machineId(2)}"]}]}`,
          DEFENDER_API_URL: wide.simulator.url,
        },
      });
      try {
        await wide.host.stop();
        await narrow.call("POST", "resume");
        const run = await narrow.untilFinished(runId);
        const of = (number: number) =>
          run.sequences.find((at) => at.machineId === machineId(number));
        expect([of(1)?.state, of(2)?.state]).toEqual(["succeeded", "refused"]);
        expect(of(2)?.outcome).toMatchObject({ code: "outOfScope" });
        expect(wide.simulator.arrivals().map((each) => each.machineId)).toEqual([machineId(1)]);
      } finally {
        await narrow.close();
      }
    } finally {
      await wide.close();
    }
  });
});
