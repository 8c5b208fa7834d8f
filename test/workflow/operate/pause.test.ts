import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { pause, resume } from "../../../shared/workflow/operate/pause.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

/** A queue that was paused after something had been accepted, its messages all served. */
async function paused() {
  const world = startAccepting();
  await world.accept("case", [0]);
  const bells = createMemoryBells({ nowMs: () => START_MS });
  const ports = { ...world.ports, bells };
  await pause(ports, { by: "ana", why: "maintenance" });
  return { ports, bells };
}

describe("a resume", () => {
  it("rings for what is ready, which nobody else rings for while all is paused", async () => {
    const { ports, bells } = await paused();
    expect(bells.receive(START_MS)).toEqual([]);
    await resume(ports, someLimits(), "ana");
    expect(bells.receive(START_MS).map(({ queue }) => queue)).toEqual(["drain"]);
  });
});
