import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { drainMessageSchema } from "../../../shared/ledger/outbox/message.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { createCountedCommits } from "../../../shared/workflow/accept/counted-commits.ts";
import { startAccepting } from "../accepting.ts";

/** What rang when an incident of these machines had come, one after the other. */
async function rungFor(...incidents: readonly (readonly number[])[]) {
  const world = startAccepting();
  const bells = createMemoryBells({ nowMs: () => START_MS });
  for (const machines of incidents)
    await world.accept("case", machines, {}, { ...world.ports, bells });
  return bells.receive(START_MS).map(({ body }) => drainMessageSchema.parse(body).bell);
}

describe("an incident that is accepted", () => {
  it("rings for its sequences, or for the run while they have no rows of their own", async () => {
    const [few] = await rungFor([0, 1]);
    expect([few?.why, few?.sequenceIds.length]).toEqual(["accepted", 2]);
    const [many] = await rungFor([0, 1, 2, 3, 4]);
    expect([many?.why, many?.sequenceIds]).toEqual(["planned", []]);
    expect(many?.runId).toBe(few?.runId);
  });

  it("rings again for what it has grown by, and for nothing that was there before", async () => {
    const bells = await rungFor([0, 1], [0, 1], [1, 0, 2]);
    expect(bells.map(({ sequenceIds }) => sequenceIds.length)).toEqual([2, 1]);
  });
});

it.each([1, 5])(
  "an incident of %i machines is taken by a host that has just begun",
  async (count) => {
    const world = startAccepting();
    const state = { hasHeard: false };
    const { ledger, clock } = world.ports;
    const heard = async <T>(answer: Promise<T>): Promise<T> => {
      const value = await answer;
      state.hasHeard = true;
      return value;
    };
    const hearing: Ledger = {
      read: async (key) => await heard(ledger.read(key)),
      list: async (from, before, limit) => await heard(ledger.list(from, before, limit)),
      commit: async (changes) => await heard(ledger.commit(changes)),
    };
    // Its clock is that of storage, and storage has told it nothing yet.
    const earliest = () => {
      if (!state.hasHeard) throw new Error("nobody has told the time");
      return clock.earliest();
    };
    const known = { ...clock, earliest, latest: earliest };
    const machines = Array.from({ length: count }, (_, number) => number);
    const outside = { ...world.ports, ledger: hearing, clock: known };
    const through = { ...outside, countedCommits: createCountedCommits(outside) };
    expect((await world.accept("case", machines, {}, through)).kind).toBe("accepted");
  },
);
