import { afterEach, beforeEach, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { takeAccount } from "../azurite-account.ts";
import { findingsSchema } from "./answers.ts";
import { askingAt, type Asking } from "./asking.ts";
import { copyAccount } from "./copy-account.ts";
import { incident, LIBRARY, machineId, machines } from "./machines.ts";

const KEY = "the key of whoever restores";
const SPEED = 60;
const TRIAGE = "Collect-WindowsTriage.ps1";
/** Simulated seconds: longer than it takes to copy the account. */
const LONG_SECONDS = 300;

let simulator: Simulator;
let app: HostProcess;
const log: string[] = [];
const asking: Asking = askingAt(() => app.url, KEY, log);

beforeEach(async () => {
  const [first, second, ...others] = machines(7);
  if (first === undefined || second === undefined) throw new Error("there are seven");
  const slow = { ...second, scripts: { [TRIAGE]: { seconds: LONG_SECONDS } } };
  const all = [first, slow, ...others];
  simulator = await startSimulator({ seed: 7, speed: SPEED, machines: all, library: LIBRARY });
});
afterEach(async () => {
  await simulator.close();
});

const logged = (line: string): void => void log.push(line);

/** The app on that account, in the place of the one before. */
async function start(storage: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const local = {
    storage,
    simulator: { url: simulator.url, speed: SPEED },
    key: KEY,
    stateDir: "",
  };
  const settings = { ...localSettings(local, env), LRQ_STATE_DIR: undefined };
  app = await startHostProcess({ root: process.cwd(), port: 0, env: settings, log: logged });
}

const postsOn = (number: number) =>
  simulator.arrivals().filter((arrival) => arrival.machineId === machineId(number)).length;

/** What the doctor says of actions that the ledger does not know. */
async function markedActions() {
  const { body } = await asking.call("GET", "doctor");
  return findingsSchema.parse(body).findings.find(({ check }) => check === "marked actions");
}

it("a restored account goes on paused, names what it does not know, and starts nothing twice", async () => {
  const lost = takeAccount();
  await start(lost);
  const before = await asking.accept("generic", incident("before", [1]));
  await asking.untilFinished(before.runId);
  const running = await asking.accept("generic", incident("running", [2]));
  await asking.until(running.runId, ({ counts }) => counts.submitted === 1);
  await asking.call("POST", "pause", { reason: "a copy is made" });
  const open = await asking.accept("generic", incident("open", [3, 4]));
  const kept = takeAccount();
  await app.stop();
  await copyAccount(lost, kept);

  // What happens after the copy is in no backup.
  await start(lost);
  await asking.call("POST", "resume");
  const after = await asking.accept("generic", incident("after", [5]));
  await asking.untilFinished(open.runId);
  await asking.untilFinished(after.runId);
  await app.stop();

  // The account is gone. The copy takes its place.
  await start(kept, { PAUSED: "true" });
  expect((await asking.call("POST", "resume")).status).toBe(409);
  expect((await asking.untilFinished(running.runId)).counts).toMatchObject({ succeeded: 1 });
  expect((await asking.run(before.runId)).results).toMatchObject({ owed: 0, unavailable: 0 });
  const named = await markedActions();
  expect(named).toMatchObject({ state: "error", what: expect.stringContaining("not know 3") });
  for (const { runId } of [open, after]) expect(named?.what).toContain(runId);
  expect(named?.what).not.toContain(running.runId);

  // A person does what the finding says, and lrq goes on.
  await asking.call("POST", `runs/${open.runId}/cancel`);
  expect((await asking.untilFinished(open.runId)).counts).toMatchObject({ cancelled: 2 });
  await app.stop();
  await start(kept);
  expect((await asking.run(open.runId)).state).toBe("finished");
  expect((await asking.call("POST", "resume")).status).toBe(200);
  const next = await asking.accept("generic", incident("next", [6]));
  expect((await asking.untilFinished(next.runId)).counts).toMatchObject({ succeeded: 1 });
  expect([1, 2, 3, 4, 5, 6].map(postsOn)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(simulator.violations()).toEqual([]);
  await app.stop();
});

it("with PAUSED lrq accepts and submits nothing, until somebody resumes without it", async () => {
  const account = takeAccount();
  await start(account, { PAUSED: "true" });
  const { runId } = await asking.accept("generic", incident("first hour", [7]));
  const { sequences } = await asking.until(
    runId,
    (run) => run.sequences[0]?.waits?.code === "paused",
  );
  expect(sequences[0]?.waits?.detail).toContain("the setting PAUSED");
  await app.stop();
  await start(account);
  expect(postsOn(7)).toBe(0);
  await asking.call("POST", "resume");
  expect((await asking.untilFinished(runId)).counts).toMatchObject({ succeeded: 1 });
  await app.stop();
});
