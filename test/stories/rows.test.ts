import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { RIGHTS } from "../../shared/access/caller.ts";
import { stackSchema } from "../../shared/api/sweep-answers.ts";
import { runCommand } from "../../local/lrq/command-line.ts";
import { machine } from "./machines.ts";
import { hasEnded, untilRound } from "./rounds.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const SWEEP = {
  name: "autostarts",
  title: "Autostarts of all",
  profiles: ["sweep-autostarts-unix"],
  targets: { include: [{ names: ["*"] }] },
  share: 1,
  firstWave: 0,
};
const MACHINES = 5;
const CALLERS = [
  { name: "hunter", may: RIGHTS, key: hashed("hunter") },
  { name: "reader", team: "hunter", may: ["run.read"], key: hashed("reader") },
  { name: "stranger", may: RIGHTS, key: hashed("stranger") },
];
const ROUNDS = `sweeps/${SWEEP.name}/rounds`;
const row = z.record(z.string(), z.unknown());
const changeSchema = z.strictObject({ change: z.enum(["new", "gone"]), row });
const endSchema = z.looseObject({ machines: z.record(z.string(), z.number()) });

let stage: Stage;
beforeAll(async () => {
  const machines = Array.from({ length: MACHINES }, (_, index) =>
    machine(index + 1, { osPlatform: "Linux", computerDnsName: `srv-${index + 1}` }),
  );
  const env = { CALLERS: JSON.stringify(CALLERS) };
  stage = await openStage({ machines, env });
  const { status } = await stage.call("PUT", `sweeps/${SWEEP.name}`, SWEEP, { key: "hunter" });
  if (status !== 201) throw new Error(`the sweep was answered with ${status}`);
  for (const round of [1, 2]) await goOnce(round);
});
afterAll(async () => await stage.close());

/** A round from its start to its end. */
async function goOnce(round: number): Promise<void> {
  await ask("POST", `sweeps/${SWEEP.name}/start`);
  await untilRound(stage, { sweep: SWEEP.name, round, key: "hunter" }, hasEnded);
}

async function ask(method: "GET" | "POST", path: string, key = "hunter") {
  return await stage.call(method, path, undefined, { key });
}

async function linesOf(path: string): Promise<readonly string[]> {
  const { status, body } = await ask("GET", path);
  expect(status).toBe(200);
  return z.string().parse(body).trimEnd().split("\n");
}

describe("the rows of a sweep", () => {
  it("come from every machine of a round, and are counted in its runs", async () => {
    const rows = (await linesOf(`${ROUNDS}/1/rows`)).map((line) => row.parse(JSON.parse(line)));
    const names = new Set(rows.map(({ machineName }) => machineName));
    expect(names).toEqual(new Set(["srv-1", "srv-2", "srv-3", "srv-4", "srv-5"]));
    expect(rows.every(({ collectedAt, command }) => collectedAt !== "" && command !== "")).toBe(
      true,
    );
    expect((await ask("GET", `${ROUNDS}/1/rows?wrong=true`)).body).toBe("");
    const csv = await linesOf(`${ROUNDS}/last/rows?format=csv`);
    expect(csv[0]).toBe(
      "machineId,machineName,collectedAt," +
        "kind,place,name,user,schedule,command,path,origin,sha256,written\r",
    );
  });

  it("show the planted autostart as one of the rarest, on one machine", async () => {
    const { status, body } = await ask("GET", `${ROUNDS}/last/stack?by=command,origin&limit=1000`);
    expect(status).toBe(200);
    const stack = stackSchema.parse(body);
    expect(stack.machines).toBe(MACHINES);
    const counts = stack.values.map(({ machines }) => machines);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect([counts[0], counts.at(-1)]).toEqual([1, MACHINES]);
    expect((await ask("GET", `${ROUNDS}/last/stack?by=nothing`)).status).toBe(400);
  });

  it("change from round to round, and only where a machine answered in both", async () => {
    const lines = (await linesOf(`${ROUNDS}/2/changes`)).map((line): unknown => JSON.parse(line));
    const { machines } = endSchema.parse(lines.pop());
    const changes = z.array(changeSchema).parse(lines);
    expect(machines).toMatchObject({ both: MACHINES, onlyInRound: 0, onlyInAgainst: 0 });
    expect(changes.length).toBeGreaterThan(0);
    expect((await ask("GET", `${ROUNDS}/1/changes`)).status).toBe(404);
    expect((await ask("GET", `${ROUNDS}/2/changes?against=9`)).status).toBe(404);
  });

  it.each(["rows", "stack?by=command", "changes"])("are for their team alone: %s", async (path) => {
    expect((await ask("GET", `${ROUNDS}/last/${path}`, "stranger")).status).toBe(404);
    expect((await ask("GET", `${ROUNDS}/last/${path}`, "reader")).status).toBe(403);
  });

  it("are read at the terminal", async () => {
    const said: string[] = [];
    const around = {
      env: { LRQ_URL: stage.url, LRQ_KEY: "hunter" },
      say: (line: string) => void said.push(line),
      complain: () => undefined,
    };
    const line = `sweeps rows ${SWEEP.name} --stack command`;
    expect(await runCommand(line.split(" "), around)).toBe(0);
    expect(said[0]).toMatch(/^MACHINES .*COMMAND/);
    expect(said[1]).toMatch(/^1 +## +srv-\d/);
    expect(await runCommand(["sweeps", "changes", SWEEP.name], around)).toBe(0);
    expect(said.some((each) => /^[+-] srv-\d/.test(each))).toBe(true);
  });
});
