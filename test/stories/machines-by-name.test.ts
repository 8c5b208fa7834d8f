import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemSchema } from "./answers.ts";
import { machine, machineId, PATIENT_CALLS } from "./machines.ts";
import { pausedAndQuiet } from "./paused.ts";
import { openStage, type Stage } from "./stage.ts";

const DOMAIN = "corp.contoso.example";

let stage: Stage;
beforeAll(async () => {
  stage = await openedStage();
});
afterAll(async () => await stage.close());

async function openedStage(): Promise<Stage> {
  return await openStage({
    env: PATIENT_CALLS,
    machines: [
      machine(1, { computerDnsName: `web1.${DOMAIN}` }),
      machine(10, { computerDnsName: `web10.${DOMAIN}` }),
      machine(11, { computerDnsName: `db1.${DOMAIN}` }),
      machine(12, { computerDnsName: `db1.other.example` }),
      machine(13, { computerDnsName: `old1.${DOMAIN}`, onboardingStatus: "CanBeOnboarded" }),
    ],
  });
}

const called = (id: string, ...names: string[]) => ({
  incident: { id, severity: "high" },
  machines: names.map((name) => ({ name })),
});

describe("a machine given only by its name", () => {
  it("is the one with exactly that name, in whatever case, and no other", async () => {
    const { runId, sequences } = await stage.accept("generic", called("exact", "WEB1"));
    expect(sequences).toMatchObject([{ machineId: machineId(1), machineName: `web1.${DOMAIN}` }]);
    await stage.untilFinished(runId);
    const ofRun = stage.simulator.actions().filter(({ comment }) => comment?.includes(runId));
    expect(ofRun.map((action) => action.machineId)).toEqual([machineId(1)]);
  });

  it("is left out with the ids to choose from when several have the name", async () => {
    const { sequences, skipped } = await stage.accept("generic", called("several", "db1", "web10"));
    expect(sequences.map((each) => each.machineId)).toEqual([machineId(10)]);
    expect(skipped).toMatchObject([{ machine: "db1" }]);
    expect(skipped[0]?.reason).toContain(machineId(11));
    expect(skipped[0]?.reason).toContain(machineId(12));
  });

  it("is found by the first part of its name when Defender has it in another domain", async () => {
    const names = ["web1.other.example", String.raw`CORP\WEB10`, "db1.third.example"];
    const body = called("domain", ...names);
    const { runId, sequences, skipped, readAs } = await stage.accept("generic", body);
    expect(sequences.map((each) => each.machineId)).toEqual([machineId(1), machineId(10)]);
    expect(skipped).toMatchObject([{ machine: "db1.third.example" }]);
    expect(readAs).toEqual([
      { machine: "web1.other.example", as: `web1.${DOMAIN}` },
      { machine: String.raw`CORP\WEB10`, as: `web10.${DOMAIN}` },
    ]);
    expect((await stage.run(runId)).readAs).toEqual(readAs);
  });

  it("is asked for by its id where several that have the name were sent something", async () => {
    const body = called("namesakes", `db1.${DOMAIN}`, "db1.other.example");
    await stage.untilFinished((await stage.accept("generic", body)).runId);
    for (const path of ["machines/db1/sequences", "runs?machine=DB1", "audit?machine=db1"]) {
      const { status, body: said } = await stage.call("GET", path);
      const { type, machineIds = [] } = problemSchema.parse(said);
      expect([path, status, type]).toEqual([path, 409, "urn:lrq:problem:ambiguous"]);
      expect(machineIds.toSorted()).toEqual([machineId(11), machineId(12)]);
    }
  });

  it("is told apart from its namesake by the whole name", async () => {
    const body = called("whole", `db1.${DOMAIN}`);
    const { sequences } = await stage.accept("generic", body);
    expect(sequences.map((each) => each.machineId)).toEqual([machineId(11)]);
  });

  it.each(["web2", "web", "web2.other.example", "old1"])(
    "is left out with a reason when none onboarded is called %s",
    async (name) => {
      const before = (await stage.rows()).ledger.filter((key) => key.startsWith("sequence!"));
      const answered = await stage.post("generic", called(`none ${name}`, name));
      const problem = problemSchema.parse(answered.body);
      expect(answered.status).toBe(422);
      expect(problem).toMatchObject({
        type: "urn:lrq:problem:nothing-to-do",
        skipped: [{ machine: name, reason: expect.stringContaining("exactly this name") }],
      });
      const after = (await stage.rows()).ledger.filter((key) => key.startsWith("sequence!"));
      expect(after).toEqual(before);
    },
  );
});

describe("while Defender cannot be asked for a name", () => {
  it.each(["500", "503", "429", "drop-before", "html", "403-page", "truncated"] as const)(
    "(%s) the sender is told to come again, nothing is stored, and it is accepted once it can",
    async (fault) => {
      // For as long as it is asked: after a refusal the poll asks for machines, too.
      const lift = stage.simulator.addFault({ on: "machines", fault });
      const before = await work(stage);
      const body = called(`unreachable ${fault}`, "web1");
      const answered = await stage.post("generic", body);
      expect(answered.status).toBe(503);
      expect(Number(answered.headers.get("retry-after"))).toBeGreaterThan(0);
      const problem = problemSchema.parse(answered.body);
      expect(problem.type).toBe("urn:lrq:problem:unavailable");
      expect(await work(stage)).toEqual(before);
      lift();
      expect((await stage.accept("generic", body)).sequences).toHaveLength(1);
    },
  );
});

/** What an accepted incident would leave: runs, sequences, keys. Budgets of calls are no work. */
async function work(on: Stage): Promise<string[]> {
  const { ledger } = await on.rows();
  return ledger.filter((key) => /^(run|sequence|key)!/.test(key));
}

describe("names that are written to find other machines", () => {
  /** An app that has something to do may ask for machines itself, and here that is counted. */
  let quiet: Stage;
  beforeAll(async () => {
    quiet = await openedStage();
    await pausedAndQuiet(quiet, "to see what is asked for");
  });
  afterAll(async () => await quiet.close());

  const HOSTILE = [
    "web1' or startswith(computerDnsName,'",
    "x') or (computerDnsName ne '",
    "web1' and 'a' eq 'a",
    "web1%27%20or%20id%20ne%20%27",
    "' or 1 eq 1 or id eq '",
    "web1\u0000",
    "web1\r\nHost: evil",
    "web1&$top=1",
    "web1#",
    "web*",
    "$filter=id ne null",
    "a".repeat(254),
    ".",
    "\u202eweb2",
  ];

  it("find none, and each is left out with a reason", async () => {
    const before = quiet.simulator.reads()["machines"] ?? 0;
    const body = called("hostile", "web10", ...HOSTILE);
    const { sequences, skipped } = await quiet.accept("generic", body);
    expect(sequences.map((each) => each.machineId)).toEqual([machineId(10)]);
    expect(skipped).toHaveLength(HOSTILE.length);
    for (const { reason } of skipped) expect(reason.length).toBeGreaterThan(10);
    // All names together, and the batch once more name by name if Defender refused it.
    expect((quiet.simulator.reads()["machines"] ?? 0) - before).toBeLessThanOrEqual(2);
  });

  it("cost no look-up if they are ten thousand", async () => {
    const before = quiet.simulator.reads()["machines"] ?? 0;
    const names = Array.from({ length: 10_000 }, (_, number) => `pc-${number}`);
    const response = await quiet.post("generic", called("many", ...names));
    expect([response.status, quiet.simulator.reads()["machines"] ?? 0]).toEqual([400, before]);
  });
});
