import { describe, expect, it } from "vitest";
import { FIRST_BUDGET, type Budget } from "../../shared/limits/pace/budget.ts";
import { lockedOutBy } from "../../shared/limits/pace/lockout.ts";
import { openDoor } from "../../shared/limits/pace/door.ts";
import { throttled } from "../../shared/limits/pace/throttled.ts";
import { factAbout } from "../../shared/store/audit.ts";
import { changeBudgetAlone } from "../../shared/store/change-budget.ts";
import { queueNotices } from "../../shared/store/queue-notices.ts";
import { noticeSchema } from "../../shared/ledger/outbox/notice.ts";
import { pause, resume } from "../../shared/workflow/operate/pause.ts";
import { createMemoryBells } from "../../local/memory/bells.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "../workflow/accepting.ts";

const LIMITS = someLimits();
const MINUTE_MS = 60_000;

/** A queue with a budget, and what is owed about it. */
function startQueue() {
  const { ports, ledger } = startAccepting();
  const news = () =>
    ledger
      .rows()
      .filter(({ key }) => key.startsWith("news!"))
      .map(({ body }) => noticeSchema.parse(body));
  return {
    ports: { ...ports, bells: createMemoryBells({ nowMs: () => START_MS }) },
    about: () => news().map(({ event, about }) => Object.assign({ event }, about)),
    change: async (to: (budget: Budget) => Budget) => await changeBudgetAlone(ports, to),
  };
}

/** Defender refuses a POST and asks for so long. */
const refusedFor = (ms: number, atMs: number) => (budget: Budget) =>
  throttled(budget, "s", { retryAfterMs: ms, latestMs: atMs }, LIMITS);

describe("who follows the queue", () => {
  it("is told who pauses it and why, and who resumes it, in the same transaction", async () => {
    const { ports, about } = startQueue();
    await pause(ports, { by: "ana", why: "maintenance" });
    await resume(ports, LIMITS, "ben");
    const said = about().toSorted((one) => ("paused" in one && one.paused ? -1 : 1));
    expect(said).toMatchObject([
      { event: "queue.paused", paused: true, by: "ana", why: "maintenance" },
      { event: "queue.paused", paused: false, by: "ben" },
    ]);
    await resume(ports, LIMITS, "ben");
    expect(about()).toHaveLength(2);
  });

  it("is told once that Defender takes no POSTs for long, until one has succeeded", async () => {
    const { about, change } = startQueue();
    await change(refusedFor(MINUTE_MS, START_MS));
    expect(about()).toEqual([]);
    await change(refusedFor(5 * MINUTE_MS, START_MS + MINUTE_MS));
    const untilMs = START_MS + 6 * MINUTE_MS;
    expect(about()).toMatchObject([{ event: "queue.throttled", call: "submit", untilMs }]);
    await change(refusedFor(5 * MINUTE_MS, untilMs));
    expect(about()).toHaveLength(1);
    await change((budget) => openDoor(budget, untilMs + 6 * MINUTE_MS));
    await change(refusedFor(5 * MINUTE_MS, untilMs + 7 * MINUTE_MS));
    expect(about()).toHaveLength(2);
  });

  it("is told once of each call that Defender refuses, with its words", async () => {
    const { about, change } = startQueue();
    const refusal = { call: "list", httpStatus: 403, detail: "no right", atMs: START_MS } as const;
    const refuse = (atMs: number) => (budget: Budget) =>
      lockedOutBy(budget, { ...refusal, atMs }, LIMITS);
    await change(refuse(START_MS));
    await change(refuse(START_MS + 60 * MINUTE_MS));
    expect(about()).toMatchObject([
      { event: "queue.throttled", call: "list", httpStatus: 403, detail: "no right" },
    ]);
  });

  it("is told nothing by a budget that only goes on", () => {
    const fact = factAbout("claimed", [], { atMs: START_MS });
    expect(queueNotices(FIRST_BUDGET, { ...FIRST_BUDGET, pass: 1 }, [fact])).toEqual([]);
  });
});
