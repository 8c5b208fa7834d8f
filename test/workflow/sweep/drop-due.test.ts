import { array, assert, asyncProperty, constantFrom, record } from "fast-check";
import { expect, it } from "vitest";
import { nextDueMs } from "../../../shared/sweep/due.ts";
import { pauseSweep, resumeSweep } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { DEFINITION, MINUTE_MS, startSweeping, type Sweeping } from "./sweeping.ts";

const BY = { name: "triage", by: "hunter" };
const CRONS = ["*/10 * * * *", "*/7 * * * *"];
const ACTS = ["look", "look", "lookAhead", "pause", "resume", "title", "schedule"] as const;
/** More than the longest pause, with a deadline that some due times miss. */
const AHEAD_MS = 300 * MINUTE_MS;

const steps = array(
  record({ act: constantFrom(...ACTS), minutes: constantFrom(0, 1, 5, 12, 45) }),
  { minLength: 5, maxLength: 25 },
);

/** The instants between which a line says that no round starts. */
function spansIn(lines: readonly string[]): readonly (readonly [number, number])[] {
  return lines.flatMap((line) => {
    const [, one, from, to] = /due (?:at (\S+)|from (\S+) to (\S+)), and/.exec(line) ?? [];
    const first = one ?? from;
    return first === undefined ? [] : [[Date.parse(first), Date.parse(to ?? first)] as const];
  });
}

async function startedIn(sweeping: Sweeping): Promise<readonly number[]> {
  const { rounds } = await sweeping.sweep();
  const due: number[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    due.push((await sweeping.round(number)).dueAtMs ?? 0);
  }
  return due;
}

it("no due time is without a round and without a line, whatever people and clocks do", async () => {
  await assert(
    asyncProperty(steps, async (todo) => {
      const sweeping = startSweeping(0);
      const now = { cron: 0, title: 0, paused: false, atMs: sweeping.nowMs() };
      const due: number[] = [];
      const definition = () => ({
        ...DEFINITION,
        title: `Title ${now.title}`,
        schedule: { cron: CRONS[now.cron] ?? "", zone: "Etc/UTC" },
        startingDeadline: "30m",
      });
      const came = () => {
        let next = nextDueMs(definition(), now.atMs);
        while (next !== null && next <= sweeping.nowMs()) {
          if (!now.paused) due.push(next);
          next = nextDueMs(definition(), next);
        }
        now.atMs = sweeping.nowMs();
      };
      const look = async (aheadMs: number) => {
        sweeping.pass(aheadMs);
        await sweeping.ticks(1);
        sweeping.pass(-aheadMs - MINUTE_MS);
      };
      await sweeping.apply(definition());
      for (const { act, minutes } of [...todo, { act: "look" as const, minutes: 1 }]) {
        sweeping.pass(minutes * MINUTE_MS);
        came();
        if (act === "look") await look(0);
        if (act === "lookAhead") await look(AHEAD_MS);
        if (act === "pause" || act === "resume") {
          now.paused = act === "pause";
          await (now.paused ? pauseSweep : resumeSweep)(sweeping.ports, BY);
        }
        if (act === "title") now.title += 1;
        if (act === "schedule") now.cron = 1 - now.cron;
        if (act === "title" || act === "schedule") await sweeping.put(definition());
      }
      // The first look may only find that a clock was ahead; and what is paused is not decided.
      await resumeSweep(sweeping.ports, BY);
      await look(0);
      await look(0);
      const started = await startedIn(sweeping);
      expect(new Set(started).size).toBe(started.length);
      const spans = spansIn(await sweeping.skipped());
      const lost = due.filter(
        (each) =>
          !started.includes(each) && !spans.some(([from, to]) => from <= each && each <= to),
      );
      expect(lost).toEqual([]);
    }),
    { numRuns: 30 },
  );
});
