import { describe, expect, it } from "vitest";
import type { Defender, Reply } from "../../../shared/ports.ts";
import { withLog } from "../../../shared/workflow/submit/log-throttles.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";
import { drained } from "../drained.ts";

const throttled = async (): Promise<Reply<never>> => ({ kind: "throttled", retryAfterMs: 7_000 });

const bare = async () => ({ kind: "throttled", retryAfterMs: null }) as const;
const broken = async () => ({ kind: "unavailable", detail: "no answer in time" }) as const;

const CALLS: readonly (readonly [call: string, ask: (of: Defender) => Promise<Reply<unknown>>])[] =
  [
    ["list", async (of) => await of.listActions(0, paid)],
    ["list", async (of) => await of.listPending(paid)],
    ["list", async (of) => await of.getAction("a-1")],
    ["cancel", async (of) => await of.cancelAction("a-1", "why")],
    ["link", async (of) => await of.resultLink("a-1", 0)],
    ["machines", async (of) => await of.findMachines(["pc-1"])],
    ["machines", async (of) => await of.readMachines(["0"])],
    ["machines", async (of) => await of.machinesSeenSince(0, paid)],
    ["machines", async (of) => await of.listMachines(null)],
    ["hunt", async (of) => await of.hunt("DeviceInfo")],
    ["library", async (of) => await of.listLibrary()],
  ];

/** Defender, every question of which is answered like this. */
function answering(reply: () => Promise<Reply<never>>, lines: unknown[]): Defender {
  const { defender } = startAccepting().ports;
  const port = {
    ...defender,
    listActions: reply,
    listPending: reply,
    getAction: reply,
    cancelAction: reply,
    resultLink: reply,
    download: reply,
    readMachines: reply,
    findMachines: reply,
    machinesSeenSince: reply,
    listMachines: reply,
    hunt: reply,
    listLibrary: reply,
  };
  return withLog({ defender: port }, (...line) => void lines.push(line)).defender;
}

const paid = async (): Promise<boolean> => true;

describe("a question that is answered with 429", () => {
  it.each(CALLS)("about a %s is a warning with its cause (%#)", async (call, ask) => {
    const lines: unknown[] = [];
    expect(await ask(answering(throttled, lines))).toEqual({
      kind: "throttled",
      retryAfterMs: 7_000,
    });
    const cause = { call, retryAfterSeconds: 7, concluded: "othersUseTheQuota" };
    expect(lines).toEqual([["warn", "throttled", cause]]);
  });

  it("says that Defender named no time", async () => {
    const lines: unknown[] = [];
    await answering(bare, lines).listActions(0, paid);
    expect(lines).toMatchObject([["warn", "throttled", { retryAfterSeconds: null }]]);
  });

  it("for a result's bytes speaks of the store, not of the quota", async () => {
    const lines: unknown[] = [];
    await answering(throttled, lines).download("link");
    const cause = { call: "download", retryAfterSeconds: 7, concluded: "storeBusy" };
    expect(lines).toEqual([["warn", "throttled", cause]]);
  });

  it("is not said of any other answer", async () => {
    const lines: unknown[] = [];
    for (const [, ask] of CALLS) await ask(answering(broken, lines));
    expect(lines).toEqual([]);
  });
});

describe("a POST that is answered with 429", () => {
  it.each([
    [42_000, 42, "2026-11-20T10:00:42.000Z"],
    [null, null, "2026-11-20T10:01:00.000Z"],
  ])(
    "is one warning: what was asked for (%j), what it means, until when",
    async (ms, said, until) => {
      expect(START_MS).toBe(Date.parse("2026-11-20T10:00:00Z"));
      const world = startAccepting();
      await world.accept("one", [1]);
      const { log } = await drained(world, someLimits(), async () => ({
        kind: "throttled",
        retryAfterMs: ms,
      }));
      expect(log.filter(({ event }) => event === "throttled")).toMatchObject([
        {
          level: "warn",
          fields: {
            call: "submit",
            retryAfterSeconds: said,
            concluded: "othersUseTheQuota",
            sessionCap: null,
            doorClosedUntil: until,
          },
        },
      ]);
    },
  );
});
