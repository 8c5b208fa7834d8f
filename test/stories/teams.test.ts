import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../receiver.ts";
import { acceptedSchema, auditPageSchema, manifestSchema, runSchema, type Run } from "./answers.ts";
import { incident, machine, machineId, machines, refusingMachines } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until as untilHolds } from "./until.ts";

/*
 * Two teams send the same incidents, and B means harm: it is there first, or it is there again and
 * again. Each story is about something that B once could do to A.
 */

const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
const TIER0 = [31, 32, 33];

let receiver: Receiver;
let stage: Stage;
beforeAll(async () => {
  receiver = await startReceiver(() => 200);
  stage = await openStage({
    machines: [
      ...machines(16),
      ...TIER0.map((number) => machine(number)),
      ...refusingMachines(41, 42, 43, 44, 45, 46, 47, 48),
      ...[51, 52, 53, 54, 55, 56, 57, 58, 59].map((number) => machine(number)),
    ],
    env: settings(receiver.url),
  });
});
afterAll(async () => {
  await stage.close();
  await receiver.close();
});

function settings(url: string): Record<string, string> {
  const submits = ["incident.submit"];
  const all = [...submits, "run.read", "evidence.read", "run.cancel", "run.approve", "operate"];
  const callback = { url: `${url}/a`, secret: SECRET, events: ["run.accepted", "run.finished"] };
  const callers = [
    { name: "a", team: "soc", key: hashed("a"), may: all, callbacks: [callback] },
    { name: "lead", team: "soc", key: hashed("lead"), may: all },
    { name: "watcher", team: "soc", key: hashed("watcher"), may: ["run.read"] },
    { name: "mate", team: "soc", key: hashed("mate"), may: submits, callbackSecret: SECRET },
    { name: "b", key: hashed("b"), may: submits, callbackSecret: SECRET },
    { name: "b-reads", team: "b", key: hashed("b-reads"), may: all },
  ];
  return {
    CALLERS: JSON.stringify(callers),
    CALLBACK_HOSTS: "127.0.0.1",
    CALLBACK_ALLOW_LOOPBACK: "true",
    CAP_MACHINES_PER_INCIDENT: "8",
    CANARY_ABOVE: "6",
    CANARY_MACHINES: "2",
    SCOPE: JSON.stringify({ tier0: [{ ids: TIER0.map(machineId) }] }),
    SENTINEL_COMMENTS: "true",
    AZURE_MANAGEMENT_URL: url,
    AZURE_MANAGEMENT_ACCESS_TOKEN: "the token of the stories",
  };
}

async function sent(key: string, id: string, of: readonly number[], more: object = {}) {
  const { status, body } = await stage.post("generic", incident(id, of, more), { key });
  if (status !== 202) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return acceptedSchema.parse(body);
}

async function read(key: string, runId: string): Promise<Run> {
  const { status, body } = await stage.call("GET", `runs/${runId}`, undefined, { key });
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return runSchema.parse(body);
}

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  return await untilHolds(ask, holds, () => stage.log.slice(-40).join("\n"));
}

const finished = async (key: string, runId: string) =>
  await until(
    async () => await read(key, runId),
    ({ state }) => state === "finished",
  );

const asking = (number: number) => ({ callback: { url: `${receiver.url}/b${number}` } });
const armId = (group: string) =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/${group}` +
  `/providers/Microsoft.OperationalInsights/workspaces/law` +
  `/providers/Microsoft.SecurityInsights/Incidents/case-7`;
const machinesOf = (run: Run) => run.sequences.map((each) => each.machineId).toSorted();
const to = (path: string) => receiver.received.filter((each) => each.path.startsWith(path));

describe("a team that sends an incident first, or joins it", () => {
  it("owns neither title nor requester of another team's run, nor what it collected", async () => {
    const b = await sent("b", "first", [1], {
      incident: { id: "first", title: "B", severity: "high" },
    });
    const a = await sent("a", "first", [2]);
    expect(a.runId).not.toBe(b.runId);
    const run = await finished("a", a.runId);
    expect(run).toMatchObject({ title: "Story first", team: "soc", requestedBy: "a" });
    expect(machinesOf(run)).toEqual([machineId(2)]);
    const { body } = await stage.call("GET", `runs/${a.runId}/manifest`, undefined, { key: "a" });
    const { entries } = manifestSchema.parse(body);
    expect(new Set(entries.map((each) => each["requestedBy"]))).toEqual(new Set(["a"]));
  });

  it("cannot pause another team's machines with machines that fail", async () => {
    await sent("b", "failing", [41, 42, 43, 44, 45, 46, 47, 48]);
    const a = await sent("a", "failing", [3]);
    await sent("b", "failing", [41, 42, 43, 44, 45, 46, 47]);
    const run = await finished("a", a.runId);
    expect([run.gate?.state, run.counts.succeeded]).toEqual(["open", 1]);
  });

  it("cannot fill the cap of another team's run", async () => {
    await sent("b", "full", [51, 52, 53, 54, 55, 56, 57, 58]);
    const more = await stage.post("generic", incident("full", [59]), { key: "b" });
    expect(more).toMatchObject({
      status: 422,
      body: { type: "urn:lrq:problem:too-many-machines" },
    });
    expect((await sent("a", "full", [4])).sequences).toHaveLength(1);
  });

  it("cannot take the places of callbacks, and is told when it has no more", async () => {
    for (let number = 1; number <= 10; number += 1) {
      await sent("b", "places", [5], asking(number));
    }
    const body = incident("places", [5], asking(11));
    const refused = await stage.post("generic", body, { key: "b" });
    expect(refused).toMatchObject({
      status: 422,
      body: {
        type: "urn:lrq:problem:too-many-callbacks",
        detail: expect.stringContaining("10 of at most 10 callbacks"),
      },
    });
    const { runId } = await sent("a", "places", [6]);
    const told = await until(
      async () => to("/a").filter((each) => each.body.includes(runId)),
      (messages) => messages.length >= 2,
    );
    expect(told.some((each) => each.body.includes("run.finished"))).toBe(true);
  });

  it("is not told of another team's machines", async () => {
    const events = ["run.accepted", "sequence.ended", "run.finished"];
    const callback = { url: `${receiver.url}/spy`, events };
    const b = await sent("b", "told", [7], { callback });
    const a = await sent("a", "told", [8]);
    await finished("a", a.runId);
    await finished("b-reads", b.runId);
    const bodies = await until(
      async () => to("/spy").map((each) => each.body),
      (all) => all.some((each) => each.includes('"run.finished"')),
    );
    expect(bodies.filter((each) => !each.includes(b.runId))).toEqual([]);
    expect(bodies.join("\n")).not.toContain(machineId(8));
    expect(bodies.filter((each) => /"total":[^1]/.test(each))).toEqual([]);
  });

  it("cannot void the approval of another team's plan", async () => {
    await sent("b", "approval", [31]);
    const { runId } = await sent("a", "approval", [32]);
    const hash = (await read("lead", runId)).approval?.planHash;
    await sent("b", "approval", [33]);
    const run = await read("lead", runId);
    expect(run.approval).toMatchObject({ planHash: hash, sequences: 1, mayApprove: ["lead"] });
    const approve = async (key: string) =>
      await stage.call("POST", `runs/${runId}/approve`, { planHash: hash }, { key });
    expect((await approve("b-reads")).status).toBe(404);
    expect(await approve("lead")).toMatchObject({ status: 200, body: { given: 1, needed: 1 } });
    expect((await finished("a", runId)).counts.succeeded).toBe(1);
  });

  it("does not decide where the comments of another team's run go", async () => {
    const host = { MdatpDeviceId: machineId(9), OSFamily: "Windows" };
    const relatedEntities = [
      { kind: "Host", properties: { hostName: "pc-9", additionalData: host, osFamily: "Windows" } },
    ];
    const body = (group: string) => {
      const properties = { title: "T", severity: "High", status: "New", relatedEntities };
      return { object: { id: armId(group), properties } };
    };
    await stage.post("sentinel", body("elsewhere"), { key: "b" });
    const { status, body: answer } = await stage.post("sentinel", body("own"), { key: "a" });
    expect([status, answer]).toEqual([202, answer]);
    const { runId } = acceptedSchema.parse(answer);
    const told = await until(
      async () => receiver.received.filter(({ body: text }) => text.includes(runId)),
      (all) => all.some(({ path: at }) => at.includes("/comments/")),
    );
    const comments = told.filter(({ path: at }) => at.includes("/comments/"));
    expect(comments.filter(({ path: at }) => !at.includes("/own/"))).toEqual([]);
  });
});

describe("callers of one team", () => {
  it("share a run, in which each sequence and its evidence name who asked for it", async () => {
    const { runId } = await sent("a", "shared", [11]);
    expect((await sent("mate", "shared", [11, 12])).runId).toBe(runId);
    const run = await finished("lead", runId);
    const asked = new Map(run.sequences.map((each) => [each.machineId, each.requestedBy]));
    expect(asked).toEqual(
      new Map([
        [machineId(11), "a"],
        [machineId(12), "mate"],
      ]),
    );
    const { body } = await stage.call("GET", `runs/${runId}/manifest`, undefined, { key: "a" });
    for (const entry of manifestSchema.parse(body).entries) {
      expect(entry["requestedBy"]).toBe(asked.get(entry.machineId));
    }
  });

  it("see what scripts wrote with the right to evidence alone, and the log names them", async () => {
    const { runId } = await sent("a", "output", [13]);
    await finished("a", runId);
    const outputs = async (key: string) => {
      const commands = (await read(key, runId)).sequences.flatMap((each) => each.commands);
      return commands.filter(({ result }) => typeof result?.output === "string").length;
    };
    const readers = async () => {
      const path = `runs/${runId}/audit`;
      const page = auditPageSchema.parse(
        (await stage.call("GET", path, undefined, { key: "a" })).body,
      );
      return page.records.filter(({ event }) => event === "evidenceRead").map(({ by }) => by);
    };
    const before = (await readers()).filter((by) => by === "lead");
    expect(await outputs("watcher")).toBe(0);
    expect([await outputs("lead"), before]).toEqual([1, []]);
    expect(await outputs("lead")).toBe(1);
    const named = await readers();
    expect(named.filter((by) => by === "lead")).toEqual(["lead"]);
    expect(named).not.toContain("watcher");
  });
});
