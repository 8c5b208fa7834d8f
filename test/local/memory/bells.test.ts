import { expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";

const TEN_MINUTES_MS = 600_000;

it("a message that is not completed comes again after ten minutes, and says so", async () => {
  const bells = createMemoryBells({ nowMs: () => 0 });
  await bells.ringCollect("run.1", 0);
  const [first] = bells.receive(0);
  expect(first).toMatchObject({ queue: "collect", dequeueCount: 1 });
  expect(bells.receive(TEN_MINUTES_MS - 1)).toEqual([]);
  expect(bells.nextVisibleAtMs()).toBe(TEN_MINUTES_MS);
  const [again] = bells.receive(TEN_MINUTES_MS);
  expect(again).toEqual({ ...first, dequeueCount: 2 });
});

it("a message that is completed is gone", async () => {
  const bells = createMemoryBells({ nowMs: () => 0 });
  await bells.ringCollect("run.1", 0);
  for (const { id } of bells.receive(0)) bells.complete(id);
  expect([bells.size(), bells.nextVisibleAtMs()]).toEqual([0, null]);
});

it("a message that is released can be received from then on", async () => {
  const bells = createMemoryBells({ nowMs: () => 0 });
  await bells.ringCollect("run.1", 0);
  for (const { id } of bells.receive(0)) bells.release(id, 30_000);
  expect(bells.receive(29_999)).toEqual([]);
  expect(bells.receive(30_000)).toHaveLength(1);
});

it("messages come in the order they became visible, no more than asked for", async () => {
  const bells = createMemoryBells({ nowMs: () => 0 });
  await bells.ringCollect("late", 9_000);
  await bells.ringCollect("early", 1);
  await bells.ringCollect("now", 0);
  const seen = [bells.receive(10_000, { limit: 2 }), bells.receive(10_000)].map((messages) =>
    messages.map(({ body }) => body),
  );
  expect(seen).toEqual([[message("now"), message("early")], [message("late")]]);
});

function message(sequenceId: string) {
  return { v: 1, collect: { sequenceId } };
}
