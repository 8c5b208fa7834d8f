import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../local/memory/bells.ts";
import { drainMessageSchema } from "../../shared/ledger/message.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { startAccepting } from "./accepting.ts";

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
