import { setTimeout as pass } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { verifyChain } from "../../shared/evidence/custody.ts";
import type { FaultPlan } from "../../local/defender-simulator/fault-plan.ts";
import { askingAt } from "./asking.ts";
import { incident, machineId, machines, OFFLINE_HOLDS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";
import { answeredSequences, postedSequences, untilArrived } from "./traces.ts";
import { until } from "./until.ts";

const NUMBERS = [1, 2, 3, 4];

/** Every second answer or so goes wrong in one way or another; seeded, so the same each time. */
const TROUBLE: FaultPlan = [
  { on: "submit", fault: "drop-after", probability: 0.1 },
  { on: "submit", fault: "drop-before", probability: 0.1 },
  { on: "submit", fault: "500-after", probability: 0.1 },
  { on: "submit", fault: "slow-after", probability: 0.2, seconds: 90 },
  { on: "list", fault: "500", probability: 0.2 },
  { on: "list", fault: "truncated", probability: 0.1 },
  { on: "link", fault: "500", probability: 0.1 },
  { on: "link", fault: "404", probability: 0.1 },
  { on: "download", fault: "truncated", probability: 0.1 },
  { on: "download", fault: "403", probability: 0.1 },
];
/** All that a ledger holds once nothing is open: what was decided, and what was counted. */
const COUNTED = /^(?:rate-token|asked|caps)$/;
const DECIDED = /^(?:sequence|run|key|audit|custody|seal|summary|team|history|hostname)!/;
const isSettled = (key: string): boolean => COUNTED.test(key) || DECIDED.test(key);
/** How long each of the hosts lives. */
const LIVES_MS = [1_500, 900, 2_200];
const DELIVER_EVERY_MS = 1_500;
/** Answers that nobody lives to hear: they are held back for ten minutes, which is longer. */
const NO_ANSWER: FaultPlan = [{ on: "submit", fault: "slow-after", seconds: 36_000, times: 4 }];

/** A stage for one story; its time-outs are short, so that a dead host's work is soon taken up. */
async function onStage(faults: FaultPlan, story: (on: Stage) => Promise<void>): Promise<void> {
  const env = { ...OFFLINE_HOLDS, CALL_TIMEOUT_SECONDS: "1" };
  const on = await openStage({ machines: machines(4), faults, env });
  try {
    await story(on);
  } finally {
    await on.close();
  }
}

async function crash(on: Stage): Promise<void> {
  on.host.kill();
  await on.restartHost();
}

/** Every machine once at Defender, every result once in store, whatever happened in between. */
const ALL_ONCE = {
  counts: expect.objectContaining({ total: 4, succeeded: 4 }),
  actions: 4,
  machines: 4,
  chain: { kind: "ok", head: expect.objectContaining({ number: 8 }) },
  trueHashes: 8,
  violations: [],
};

async function endOf(on: Stage, runId: string): Promise<object> {
  const { counts } = await on.untilFinished(runId);
  const machineIds = on.simulator.actions().map((action) => action.machineId);
  const { entries, head } = await on.manifest(runId);
  let trueHashes = 0;
  for (const { sequenceId, commandIndex, sha256 } of entries) {
    const served = await on.evidence(runId, sequenceId, commandIndex);
    if (served.sha256 === sha256) trueHashes += 1;
  }
  return {
    counts,
    actions: machineIds.length,
    machines: new Set(machineIds).size,
    chain: verifyChain(entries, { number: entries.length, hash: head }),
    trueHashes,
    violations: on.simulator.violations(),
  };
}

describe.concurrent("a host that is killed", () => {
  it("between its POSTs and their answers finds the actions again after its start", async () => {
    await onStage(NO_ANSWER, async (on) => {
      const { runId } = await on.accept("generic", incident("mid-post", NUMBERS));
      await on.until(runId, () => on.simulator.arrivals().length === 4);
      await crash(on);
      expect(await endOf(on, runId)).toEqual(ALL_ONCE);
      expect(on.simulator.arrivals()).toHaveLength(4);
      expect(answeredSequences(on.log)).toEqual([]);
    });
  });

  it("while its actions are open goes on where it was", async () => {
    await onStage([], async (on) => {
      // All of them are open until their host is killed.
      for (const number of NUMBERS) on.simulator.setOffline(machineId(number), true);
      const { runId } = await on.accept("generic", incident("mid-run", NUMBERS));
      await on.until(runId, (run) => run.counts.submitted === 4);
      await crash(on);
      for (const number of NUMBERS) on.simulator.setOffline(machineId(number), false);
      expect(await endOf(on, runId)).toEqual(ALL_ONCE);
    });
  });

  it("while it downloads leaves no half result, and the next delivery completes it", async () => {
    const slow: FaultPlan = [{ on: "download", fault: "slow", seconds: 120, times: 2 }];
    await onStage(slow, async (on) => {
      const { runId } = await on.accept("generic", incident("mid-download", NUMBERS));
      await on.until(runId, () => (on.simulator.reads()["link"] ?? 0) > 0);
      await crash(on);
      await on.until(runId, (run) => run.counts.succeeded === 4);
      await redeliverAll(on, runId);
      expect(await endOf(on, runId)).toEqual(ALL_ONCE);
    });
  });

  it("beside another host leaves everything to that one", async () => {
    await onStage(NO_ANSWER, async (on) => {
      const second = await on.addHost();
      const there = askingAt(() => second.url, on.key, on.log);
      // While the first one hangs, it is the second that posts, and that is killed in the middle.
      on.host.freeze();
      const { runId } = await there.accept("generic", incident("two hosts", NUMBERS));
      await untilArrived(on.simulator, 1);
      const cutOff = postedSequences(on.simulator);
      second.kill();
      on.host.thaw();
      await redeliverAll(on, runId);
      expect(await endOf(on, runId)).toEqual(ALL_ONCE);
      expect(answeredSequences(on.log).filter((each) => cutOff.includes(each))).toEqual([]);
    });
  });

  it("again and again, while Defender's answers go wrong, still runs everything once", async () => {
    await onStage(TROUBLE, async (on) => {
      const { runId } = await on.accept("generic", incident("again and again", NUMBERS));
      for (const lifeMs of LIVES_MS) {
        await pass(lifeMs);
        await crash(on);
      }
      await redeliverAll(on, runId);
      expect(await endOf(on, runId)).toEqual(ALL_ONCE);
      // A poll that comes after the end seals the run.
      const { ledger } = await until(
        async () => await on.rows(),
        (rows) => rows.ledger.every(isSettled),
        (rows) => rows.ledger.filter((key) => !isSettled(key)).join("\n"),
      );
      expect(ledger).toContain(`run!${runId}`);
    });
  });
});

/** Stands for the queue, which shows what a dead host had received again after ten minutes. */
async function redeliverAll(on: Stage, runId: string): Promise<void> {
  const deliver = async () => {
    const run = await on.run(runId);
    for (const { sequenceId, commands } of run.sequences) {
      const owed = commands.some(({ result }) => result?.state === "owed");
      if (owed) await on.redeliverCollect(sequenceId);
    }
    if (run.state !== "finished") await pass(DELIVER_EVERY_MS);
    return run;
  };
  await until(
    deliver,
    ({ state }) => state === "finished",
    (run) => JSON.stringify(run),
  );
}
