import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webhookText } from "../incident/webhooks.ts";
import { problemSchema } from "./answers.ts";
import { incident, machine, machineId } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const NOTE_PATH = "C:\\Users\\Public\\my note.txt";
const NOTE = { [NOTE_PATH]: { content: new TextEncoder().encode("a note") } };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: [
      machine(1),
      machine(2, { osPlatform: "Linux" }),
      machine(3, { files: NOTE }),
      machine(0x101, { id: `01${"a".repeat(36)}01` }),
    ],
  });
  // What is accepted stays where it was put.
  await stage.call("POST", "pause", { reason: "only looking at what is planned" });
});
afterAll(async () => await stage.close());

const graded = (severity: string, platform = "windows") => ({
  incident: { id: `${severity} ${platform}`, severity },
  machines: [{ machineId: machineId(platform === "windows" ? 1 : 2), platform }],
});

async function planned(source: string, body: unknown, query: Record<string, string> = {}) {
  const { runId } = await stage.accept(source, body, { query });
  const [sequence] = (await stage.run(runId)).sequences;
  return { profile: sequence?.profile.name, parameters: sequence?.parameters };
}

/** How many wait, by lane. */
async function lanes(): Promise<number[]> {
  const { ledger } = await stage.rows();
  return [0, 1, 2, 3, 4].map(
    (lane) => ledger.filter((key) => key.startsWith(`ready!${lane}!`)).length,
  );
}

describe("without a profile asked for", () => {
  it.each([
    ["critical", "windows", "windows-triage", 0],
    ["high", "windows", "windows-triage", 1],
    ["high", "linux", "unix-triage", 1],
    ["medium", "windows", "windows-triage", 2],
    ["unknown", "windows", "windows-triage", 2],
  ])("%s severity on %s runs %s in lane %i", async (severity, platform, profile, lane) => {
    const before = await lanes();
    const parameters = { days: "7" };
    expect(await planned("generic", graded(severity, platform))).toEqual({ profile, parameters });
    const added = (await lanes()).map((count, index) => count - (before[index] ?? 0));
    expect(added).toEqual([0, 1, 2, 3, 4].map((each) => (each === lane ? 1 : 0)));
  });

  it.each(["low", "informational"])("%s severity runs nothing, and says why", async (severity) => {
    const answered = await stage.post("generic", graded(severity));
    expect(answered.status).toBe(422);
    const problem = problemSchema.parse(answered.body);
    expect(problem.type).toBe("urn:lrq:problem:nothing-to-do");
    expect(problem.detail).toMatch(new RegExp(`generic incidents of severity ${severity}`));
  });

  it("the source counts too: a medium incident of Sentinel's is no mere ticket", async () => {
    const before = await lanes();
    const sentinel = webhookText("sentinel").replace('"severity": "High"', '"severity": "Medium"');
    await stage.accept("sentinel", withoutNames(sentinel));
    const after = await lanes();
    expect(after[1]).toBeGreaterThan(before[1] ?? 0);
    expect(after[2]).toBe(before[2]);
  });
});

describe("a profile asked for in the query", () => {
  it("wins over the body and over routing, with its parameters", async () => {
    const query = { profile: "collect-file", "parameter.path": NOTE_PATH };
    const body = incident("asked", [3], { profile: "windows-triage" });
    expect(await planned("generic", body, query)).toEqual({
      profile: "collect-file",
      parameters: { path: NOTE_PATH },
    });
  });

  it("skips a machine of another platform, and says which platforms it is for", async () => {
    const query = { profile: "collect-file", "parameter.path": NOTE_PATH };
    const answered = await stage.post("generic", graded("high", "linux"), { query });
    expect(answered.status).toBe(422);
    expect(problemSchema.parse(answered.body).skipped).toEqual([
      {
        machine: "pc-2.corp.contoso.example",
        reason: "The machine runs linux; collect-file is for windows.",
      },
    ]);
  });

  it("wants the parameters the profile has no default for", async () => {
    const query = { profile: "collect-file" };
    const answered = await stage.post("generic", incident("wanting", [3]), { query });
    expect(answered.status).toBe(400);
    expect(problemSchema.parse(answered.body).errors).toMatchObject([{ path: "parameters.path" }]);
  });
});

describe("a file with blanks in its name", () => {
  let running: Stage;
  beforeAll(async () => {
    running = await openStage({ machines: [machine(3, { files: NOTE })] });
  });
  afterAll(async () => await running.close());

  it("is fetched, the very file", async () => {
    const query = { profile: "collect-file", "parameter.path": NOTE_PATH };
    const { runId, sequences } = await running.accept("generic", incident("asked", [3]), { query });
    const run = await running.untilFinished(runId);
    expect(run.sequences[0]?.commands).toMatchObject([{ type: "GetFile", target: NOTE_PATH }]);
    const { bytes } = await running.evidence(runId, sequences[0]?.sequenceId ?? "", 0);
    expect(bytes.byteLength).toBeGreaterThan(0);
  });
});

describe("an event that asks for nothing", () => {
  it.each([
    ["jira", /"jira:issue_created"/, '"jira:issue_deleted"', /created and updated/],
    ["servicenow", /"state": "1"/, '"state": "7"', /resolved, closed, cancelled or inactive/],
    ["defender", /"status": "New"/g, '"status": "Resolved"', /alert is resolved/],
  ] as const)("from %s is understood, and says why nothing runs", async (source, from, to, why) => {
    const answered = await stage.post(source, webhookText(source).replace(from, to));
    expect(answered.status).toBe(422);
    expect(problemSchema.parse(answered.body).detail).toMatch(why);
  });
});

/** Hosts of the fixture that only a look-up could find are not part of this story. */
function withoutNames(sentinel: string): string {
  return sentinel.replace('"hostName": "PC-0104"', '"hostName": "not a name"');
}
