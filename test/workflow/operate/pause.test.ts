import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { RATE_TOKEN_KEY, RATE_TOKEN_PAUSED_KEY } from "../../../shared/ledger/row/keys.ts";
import { pause, pauseBySetting, resume } from "../../../shared/workflow/operate/pause.ts";
import { loadBudget } from "../../../shared/store/load.ts";
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

describe("the setting PAUSED", () => {
  it("pauses a queue that goes on, and leaves a pause of a person as it is", async () => {
    const { ports } = await paused();
    const byWhom = async () => (await loadBudget(ports.ledger)).value.paused?.by;
    await pauseBySetting(ports);
    expect(await byWhom()).toBe("ana");
    await resume(ports, someLimits(), "ana");
    await pauseBySetting(ports);
    expect(await byWhom()).toBe("the setting PAUSED");
  });

  it("leaves a pause that only a later version can read as it is", async () => {
    const { ports } = await paused();
    const budget = await ports.ledger.read(RATE_TOKEN_KEY);
    if (budget === null) throw new Error("the pause wrote it");
    const body = { v: 99 };
    const { etag } = budget;
    await ports.ledger.commit([
      { op: "replace", key: RATE_TOKEN_KEY, body, etag },
      { op: "insert", key: RATE_TOKEN_PAUSED_KEY, body },
    ]);
    await pauseBySetting(ports);
    expect(await ports.ledger.read(RATE_TOKEN_PAUSED_KEY)).toMatchObject({ body });
  });
});
