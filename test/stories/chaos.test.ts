import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChaos, type Chaos } from "../../local/chaos/run-chaos.ts";
import { judge } from "../../local/chaos/verdict.ts";

/** As long as it takes for everything to happen once. */
const MINUTES = 0.25;
/** With which both hosts are killed in that time, one is held, and storage falls once. */
const SEED = 17;

let folder = "";
let chaos: Chaos;
const said: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lrq-chaos-"));
  chaos = await startChaos({
    hosts: 2,
    minutes: MINUTES,
    seed: SEED,
    root: process.cwd(),
    dataDir: folder,
    say: (line) => void said.push(line),
    signal: new AbortController().signal,
  });
});
afterAll(async () => {
  await chaos.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("chaos", () => {
  it("breaks no promise, and tells of an action that somebody takes a second time", async () => {
    await chaos.rage();
    await chaos.settle();
    const all = said.join("\n");
    for (const what of [
      /host \d is killed/,
      /host \d is frozen/,
      /storage is killed/,
      /has ended$/,
    ]) {
      expect(all).toMatch(what);
    }
    const what = await postAgain();
    // lrq may have seen the copy by now, and say so. Here it is as if it had said nothing.
    const { findings, summary } = judge({ ...(await chaos.facts()), saidTwice: new Set() });
    expect(findings).toEqual([`${what} was done twice, and lrq does not say so`]);
    expect(summary.join("\n")).toContain("1 done twice, 0 of them reported by lrq");
  });
});

/**
 * Sends an action that is over once more, as a broken queue would, and waits until it runs. The
 * faults of the chaos are still there, so it is sent until there is a new one.
 */
async function postAgain(): Promise<string> {
  const { simulator } = chaos;
  const [first] = simulator.actions();
  const known = new Set(simulator.actions().map(({ id }) => id));
  const script = { key: "ScriptName", value: "Collect-WindowsTriage.ps1" };
  const body = { Comment: first?.comment, Commands: [{ type: "RunScript", params: [script] }] };
  const fresh = () => simulator.actions().filter(({ id }) => !known.has(id));
  while (fresh().length === 0) {
    const sent = fetch(`${simulator.url}/api/machines/${first?.machineId}/runliveresponse`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await sent.then(
      async (answered) => await answered.arrayBuffer(),
      () => undefined,
    );
    await pass(500);
  }
  const hasBegun = () =>
    fresh().some(({ commands }) => commands.some((each) => each.startAtMs !== null));
  await expect.poll(hasBegun).toBe(true);
  expect(fresh()).toHaveLength(1);
  const [, sequenceId, part] = /^\[lrq:([0-9a-z.]+)\.(\d+)\./.exec(first?.comment ?? "") ?? [];
  return `part ${part} of ${sequenceId}`;
}
