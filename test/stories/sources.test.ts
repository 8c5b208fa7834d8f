import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SimulatedMachine } from "../../local/defender-simulator/options.ts";
import { verifyChain } from "../../shared/evidence/custody.ts";
import { webhookText } from "../incident/webhooks.ts";
import { acceptedSchema } from "./answers.ts";
import { machine } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/** The machines the fixtures speak of: six families of ids, and two known only by name. */
const MACHINES: readonly SimulatedMachine[] = [
  named("a", 1, "pc-0101"),
  named("a", 2, "pc-0102"),
  named("a", 3, "web-01", "Linux"),
  machine(0x104, { computerDnsName: "pc-0104.corp.contoso.example" }),
  named("a", 5, "mac-0105"),
  named("b", 1, "pc-0201"),
  named("b", 2, "pc-0202"),
  named("c", 1, "pc-0301"),
  named("c", 2, "web-02", "Linux"),
  named("d", 1, "pc-0401"),
  named("d", 2, "pc-0402"),
  ...[1, 2, 3].map((number) => named("e", number, `pc-050${number}`)),
  { ...named("f", 1, "pc-0601"), files: note() },
  named("f", 2, "web-06", "Linux"),
  machine(0x603, { computerDnsName: "pc-0603.corp.contoso.example", files: note() }),
];

/** What each sender's fixture comes to: sequences, results, skipped machines. */
const SOURCES = [
  ["sentinel", { sequences: 5, results: 10, skipped: 0 }],
  ["defender", { sequences: 2, results: 4, skipped: 0 }],
  ["graph", { sequences: 2, results: 4, skipped: 0 }],
  ["servicenow", { sequences: 2, results: 4, skipped: 1 }],
  ["jira", { sequences: 3, results: 6, skipped: 0 }],
  ["generic", { sequences: 2, results: 2, skipped: 1 }],
] as const;

type Answered = Awaited<ReturnType<Stage["post"]>>;

let stage: Stage;
const answers = new Map<string, Answered>();
beforeAll(async () => {
  stage = await openStage({ machines: MACHINES });
  for (const [source] of SOURCES)
    answers.set(source, await stage.post(source, webhookText(source)));
});
afterAll(async () => await stage.close());

const answerTo = (source: string): Answered => {
  const answered = answers.get(source);
  if (answered === undefined) throw new Error(`nothing was sent for ${source}`);
  return answered;
};
const runOf = async (source: string) =>
  await stage.untilFinished(acceptedSchema.parse(answerTo(source).body).runId);

describe.each(SOURCES)("an incident from %s", (source, { sequences, skipped }) => {
  it("is accepted with the run's address and every machine in it", () => {
    const answered = answerTo(source);
    expect(answered.status).toBe(202);
    const accepted = acceptedSchema.parse(answered.body);
    expect(accepted.sequences).toHaveLength(sequences);
    expect(accepted.skipped).toHaveLength(skipped);
    expect(accepted.statusUrl).toBe(`${stage.url}/api/runs/${accepted.runId}`);
    expect(answered.headers.get("location")).toBe(accepted.statusUrl);
    expect(Number(answered.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answered.headers.get("content-type")).toMatch(/^application\/json/);
  });
});

describe.each(SOURCES)("the run of an incident from %s", (source, { sequences, results }) => {
  it("is collected from every machine, and its counts add up", async () => {
    const run = await runOf(source);
    expect(run).toMatchObject({ source, requestedBy: "local", state: "finished" });
    const { total, ...byState } = run.counts;
    expect(byState.succeeded).toBe(sequences);
    expect(Object.values(byState).reduce((sum, count) => sum + count, 0)).toBe(total);
    const statuses = run.sequences.flatMap(({ commands }) => commands.map(({ status }) => status));
    expect(new Set(statuses)).toEqual(new Set(["Completed"]));
  });

  it("leaves every result stored once, its hash the same wherever it stands", async () => {
    const run = await runOf(source);
    const manifest = await stage.manifest(run.runId);
    const collected = run.sequences.flatMap(({ sequenceId, commands }) =>
      commands.filter(({ type }) => type !== "PutFile").map((command) => ({ sequenceId, command })),
    );
    expect(collected).toHaveLength(results);
    expect(manifest.entries).toHaveLength(results);
    for (const { sequenceId, command } of collected) {
      const served = await stage.evidence(run.runId, sequenceId, command.index);
      const sealed = manifest.entries.filter(
        (entry) => entry.sequenceId === sequenceId && entry.commandIndex === command.index,
      );
      const { sha256 } = served;
      const size = served.bytes.byteLength;
      expect(size).toBeGreaterThan(0);
      expect(command.result).toMatchObject({ state: "stored", sha256, size });
      expect(sealed).toMatchObject([{ sha256, size }]);
      expect(served.headers.get("x-content-sha256")).toBe(sha256);
    }
  });

  it("leaves a chain of custody that verifies to its head", async () => {
    const { entries, head } = await stage.manifest((await runOf(source)).runId);
    const verdict = verifyChain(entries, { number: entries.length, hash: head });
    expect(verdict).toMatchObject({ kind: "ok", head: { number: results } });
  });
});

describe("after all six senders", () => {
  beforeAll(async () => {
    for (const [source] of SOURCES) await runOf(source);
  });

  it("Defender has one action for each machine, and nothing to complain of", () => {
    const machineIds = stage.simulator.actions().map((action) => action.machineId);
    expect(new Set(machineIds).size).toBe(machineIds.length);
    expect(machineIds).toHaveLength(SOURCES.reduce((sum, [, each]) => sum + each.sequences, 0));
    expect(stage.simulator.arrivals().every(({ status }) => status === 201)).toBe(true);
    expect(stage.simulator.violations()).toEqual([]);
  });

  it("no queue holds anything, and no message became poison", async () => {
    // A message goes after what it asked for is done, so the last run is finished before.
    await expect.poll(async () => (await stage.rows()).messages).toBe(0);
  });
});

/** An id as the fixtures have them: the number, 36 times one letter, the number. */
function named(letter: string, number: number, name: string, osPlatform = "Windows11") {
  const id = `0${number}${letter.repeat(36)}0${number}`;
  return { id, computerDnsName: `${name}.corp.contoso.example`, osPlatform };
}

function note(): Record<string, { content: Uint8Array }> {
  return { "C:\\Users\\Public\\note.txt": { content: new TextEncoder().encode("a note\n") } };
}
