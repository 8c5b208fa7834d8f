import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import { isWithin } from "../../../shared/ledger/row/key-range.ts";
import {
  LATER,
  NOTICE,
  RATE_TOKEN_KEY,
  READY,
  sequenceKey,
} from "../../../shared/ledger/row/keys.ts";
import { giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { insertion, type RowChange } from "../../../shared/ledger/sequence/rows.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { withLostOf } from "../../../shared/limits/pace/lost-posts.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { aClaimed, aSequence, HOUR_MS, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";
import { openCollecting } from "../collecting.ts";

const LIMITS = someLimits();
const SECOND_MS = 1_000;
const BUSY = { code: "machineBusy", sinceMs: START_MS, times: 1 } as const;

const prepare = async () => ({ kind: "unavailable", detail: "no token" }) as const;
const machinesSeenSince = async () => ({ kind: "answered", value: [] }) as const;

/** A poll that gets no token, and what it asked of the ledger and of the queue. */
function startPolling() {
  const world = startAccepting();
  const bells = createMemoryBells({ nowMs: () => world.ports.clock.earliest() });
  const asked: string[] = [];
  const ledger = countedLedger(world.ports.ledger, (request) => asked.push(request));
  const { defender } = world.ports;
  const ports = {
    ...world.ports,
    ledger,
    bells,
    defender: { ...defender, prepare, machinesSeenSince },
  };
  return {
    asked,
    bells,
    ledger: world.ledger,
    pollOnce: async () => await poll(ports, LIMITS, "poller"),
    pass: (ms: number) => {
      world.pass(ms);
    },
  };
}

/** The rows of a sequence that waits until then; its record is of version `v`. */
function rowsWaiting(dueAtMs: number, nth: number, v: number): RowChange[] {
  const sequenceId = `${"r".repeat(20)}.${String(nth).padStart(12, "0")}`;
  const machineId = String(nth).padStart(40, "0");
  const place = { kind: "later", dueAtMs } as const;
  const waiting = aSequence({ sequenceId, machineId, place, reason: BUSY });
  const key = sequenceKey(sequenceId);
  const others = insertion(waiting).filter((each) => each.key !== key);
  return [{ op: "insert", key, body: { ...waiting, v } }, ...others];
}

describe("a poll", () => {
  it("costs one read while nothing is outstanding, and asks nothing of Defender", async () => {
    const { pollOnce, asked, ledger } = startPolling();
    expect((await pollOnce()).outstanding).toBe(false);
    await ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body: FIRST_BUDGET }]);
    expect((await pollOnce()).outstanding).toBe(false);
    expect(asked).toEqual(["list", "list"]);
  });

  it("goes on for an hour after a POST was given up, though nothing else is open", async () => {
    const { pollOnce, ledger, pass } = startPolling();
    const lost = loseAnswer(aClaimed());
    const given = giveBack(lost, { kind: "ready" }, null);
    const body = { ...FIRST_BUDGET, lost: withLostOf([], lost, given, START_MS) };
    await ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
    pass(HOUR_MS);
    expect((await pollOnce()).outstanding).toBe(true);
    pass(1);
    await ledger.commit([{ op: "replace", key: RATE_TOKEN_KEY, body, etag: "*" }]);
    // Those who follow the queue have been told that there is no token.
    const told = ledger.rows().filter(({ key }) => isWithin(key, NOTICE));
    await ledger.commit(told.map(({ key, etag }) => ({ op: "delete", key, etag })));
    expect((await pollOnce()).outstanding).toBe(false);
  });

  it.each([49, 50, 120])("is not kept from what is due by %i that it cannot read", async (odd) => {
    const { pollOnce, ledger, pass } = startPolling();
    for (let nth = 0; nth < odd; nth += 1) await ledger.commit(rowsWaiting(START_MS + nth, nth, 2));
    await ledger.commit(rowsWaiting(START_MS + SECOND_MS, odd, 1));
    pass(2 * SECOND_MS);
    expect((await pollOnce()).released).toBe(1);
    expect(await ledger.list(LATER.from, LATER.before, 999)).toHaveLength(odd);
  });

  it("brings into the line what has waited for its time, and rings for it", async () => {
    const { pollOnce, ledger, bells, pass } = startPolling();
    const place = { kind: "later", dueAtMs: START_MS + 60 * SECOND_MS } as const;
    await ledger.commit(insertion(aSequence({ place, reason: BUSY })));
    pass(60 * SECOND_MS - 1);
    expect(await pollOnce()).toMatchObject({ released: 0, rang: false });
    pass(1);
    expect(await pollOnce()).toMatchObject({ released: 1, rang: true });
    expect(await ledger.list(LATER.from, LATER.before, 9)).toEqual([]);
    expect(await ledger.list(READY.from, READY.before, 9)).toHaveLength(1);
    expect(bells.size()).toBe(1);
  });

  it("rings again for what is ready once the bell for it is ten seconds late", async () => {
    const { pollOnce, ledger, bells, pass } = startPolling();
    await ledger.commit(insertion(aSequence()));
    expect((await pollOnce()).rang).toBe(true);
    pass(10 * SECOND_MS - 1);
    expect((await pollOnce()).rang).toBe(false);
    pass(1);
    expect((await pollOnce()).rang).toBe(true);
    expect(bells.size()).toBe(2);
  });

  it("rings again for results five minutes after their try was due", async () => {
    const served = { type: "GetFile", fileName: "a.bin", chunks: [Buffer.from("bytes")] } as const;
    const collecting = await openCollecting([served]);
    const { bells } = collecting;
    const pollOnce = async () => await poll(collecting.ports(), LIMITS, "poller");
    // They have been due for ten seconds.
    await collecting.advance(290 * SECOND_MS - 1);
    await pollOnce();
    expect(bells.size()).toBe(0);
    await collecting.advance(1);
    await pollOnce();
    expect(bells.receive(Number.MAX_SAFE_INTEGER).map(({ queue }) => queue)).toEqual(["collect"]);
    await pollOnce();
    expect(bells.size()).toBe(1);
  });
});
