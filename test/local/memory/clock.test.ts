import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createEventHeap } from "../../../local/memory/event-heap.ts";

const START_MS = 1_790_000_000_000;

describe("virtual time", () => {
  it("stands still until it is advanced", async () => {
    const clock = createMemoryClock({ startMs: START_MS });
    let awake = false;
    void clock.sleep(1).then(() => {
      awake = true;
    });
    await clock.advanceTo(START_MS);
    expect([clock.earliest(), clock.latest(), awake]).toEqual([START_MS, START_MS, false]);
    await clock.advanceTo(START_MS + 1);
    expect([clock.nowMs() - START_MS, clock.monotonicMs(), awake]).toEqual([1, 1, true]);
  });

  it("wakes sleepers in the order of their times, also those that fall asleep on the way", async () => {
    const clock = createMemoryClock({ startMs: 0 });
    const seen: string[] = [];
    const walk = async (name: string, stepMs: number, steps: number) => {
      for (let step = 1; step <= steps; step += 1) {
        await clock.sleep(stepMs);
        seen.push(`${name}@${clock.nowMs()}`);
      }
    };
    const walks = [walk("a", 30, 3), walk("b", 20, 4), walk("c", 60, 1)];
    expect(clock.nextAtMs()).toBe(20);
    await clock.advanceTo(90);
    await Promise.all(walks);
    const order = ["b@20", "a@30", "b@40", "c@60", "a@60", "b@60", "b@80", "a@90"];
    expect(seen).toEqual(order);
    expect(clock.nextAtMs()).toBe(null);
  });

  it("lets everything promised settle before it goes on", async () => {
    const clock = createMemoryClock({ startMs: 0 });
    const seen: number[] = [];
    clock.at(10, () => {
      void deep(200).then(async () => {
        await clock.sleep(5);
        seen.push(clock.nowMs());
      });
    });
    clock.at(1_000, () => seen.push(clock.nowMs()));
    await clock.advanceTo(1_000);
    expect(seen).toEqual([15, 1_000]);
  });

  it("gives each host an interval that holds the true time, and its own monotonic clock", async () => {
    const clock = createMemoryClock({ startMs: 1_000 });
    const host = clock.host({ earlyMs: 250.5, lateMs: 749.5, monotonicStartMs: 77 });
    await clock.advanceTo(2_000);
    expect([host.earliest(), host.latest(), host.monotonicMs()]).toEqual([1_749, 2_750, 1_077]);
  });

  it("acts in the next advance on what was asked for too late", async () => {
    const clock = createMemoryClock({ startMs: 100 });
    const seen: number[] = [];
    clock.at(5, () => seen.push(clock.nowMs()));
    await clock.advanceTo(200);
    expect(seen).toEqual([100]);
  });

  it("does not go back, and is advanced by one owner only", async () => {
    const clock = createMemoryClock({ startMs: 100 });
    await expect(clock.advanceTo(99)).rejects.toThrow("does not go back");
    await expect(clock.advanceTo(Number.NaN)).rejects.toThrow("does not go back");
    const first = clock.advanceTo(200);
    await expect(clock.advanceTo(200)).rejects.toThrow("still under way");
    await first;
    expect(clock.nowMs()).toBe(200);
  });

  it("throws when something sleeps no time for ever", async () => {
    const clock = createMemoryClock({ startMs: 0, settle: async () => undefined });
    const again = () => clock.at(0, again);
    again();
    await expect(clock.advanceTo(1)).rejects.toThrow("time stands still");
  });

  it("throws for a sleep of no length", async () => {
    await expect(createMemoryClock({ startMs: 0 }).sleep(Number.NaN)).rejects.toThrow("no time");
  });
});

it("events come by time, and in the order they were added within an instant", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
      const heap = createEventHeap();
      const seen: [number, number][] = [];
      for (const [index, atMs] of times.entries()) {
        heap.add({ atMs, act: () => seen.push([atMs, index]) });
      }
      for (let next = heap.take(); next !== null; next = heap.take()) next.act();
      const expected = times.map((atMs, index): [number, number] => [atMs, index]);
      expect(seen).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

async function deep(levels: number): Promise<void> {
  if (levels > 0) await deep(levels - 1);
}
