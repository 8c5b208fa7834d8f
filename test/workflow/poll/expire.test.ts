import { describe, expect, it } from "vitest";
import type { SequenceRecord, SequenceState } from "../../../shared/ledger/sequence/sequence.ts";
import { RATE_TOKEN_KEY, machineKey } from "../../../shared/ledger/row/keys.ts";
import { LANES } from "../../../shared/plan/lane.ts";
import { move } from "../../../shared/ledger/sequence/rows.ts";
import type { Budget } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import type { Defender, Reply } from "../../../shared/ports.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { drain } from "../../../shared/workflow/submit/drain.ts";
import { loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

const HOUR_MS = 3_600_000;
const LIMITS = someLimits();
const SETTINGS = { limits: LIMITS, lingerMs: 0, scope: {} } as const;
const REPAIR = { why: "repair", runId: null, urgent: false } as const;

const down = async (): Promise<Reply<never>> => ({ kind: "unavailable", detail: "timed out" });
const forbidden = async (): Promise<Reply<never>> => ({
  kind: "refused",
  httpStatus: 403,
  code: "Forbidden",
  detail: "HTTP 403 Forbidden",
});
const BLIND = { listActions: forbidden, listPending: forbidden };
const answered = async (): Promise<Reply<null>> => ({ kind: "answered", value: null });

/** An app whose Defender answers like this; its timers tick once an hour. */
function startHours(defender: Partial<Defender>) {
  const world = startAccepting();
  const ports = { ...world.ports, defender: { ...world.ports.defender, ...defender } };
  return {
    ...world,
    ports,
    hours: async (count: number) => {
      for (let hour = 0; hour < count; hour += 1) {
        world.pass(HOUR_MS);
        await poll(ports, LIMITS, "p");
        await drain(ports, SETTINGS, REPAIR);
      }
    },
  };
}

async function writeBudget({ ledger }: Accepting, change: Partial<Budget>): Promise<void> {
  const before = await loadBudget(ledger);
  const body = { ...before.value, ...change };
  const key = RATE_TOKEN_KEY;
  await ledger.commit([
    before.etag === null
      ? { op: "insert", key, body }
      : { op: "replace", key, body, etag: before.etag },
  ]);
}

/** One of the sequences as it might stand by now; gives it. */
async function changed(
  { ledger }: Accepting,
  sequenceId: string,
  change: Partial<SequenceRecord>,
): Promise<SequenceRecord> {
  const before = await loadSequence(ledger, sequenceId);
  if (before === null) throw new Error(`there is no ${sequenceId}`);
  const after = { ...before.value, ...change };
  await ledger.commit(move(before, after));
  return after;
}

describe("what is over", () => {
  it.each<[string, Partial<Defender>, Partial<Record<SequenceState, number>>]>([
    ["no token is to be had", { prepare: down }, { expired: 6 }],
    // The first is sent before a list can have been refused, and it is not known what became of it.
    ["Defender refuses to list", { prepare: answered, ...BLIND }, { expired: 5, failed: 1 }],
  ])("ends while %s, and its run with it", async (_, defender, counts) => {
    const world = startHours({ submit: neverSent, ...defender });
    const accepted = await world.accept("one", [1, 2, 3, 4, 5, 6]);
    await world.hours(71);
    const runId = accepted.kind === "accepted" ? accepted.run.runId : "";
    const run = async () => await describeRun(world.ports, LIMITS, runId, []);
    expect((await run())?.counts).toMatchObject({ expired: 0, failed: 0 });
    await world.hours(3);
    expect(await run()).toMatchObject({ state: "finished", counts: { total: 6, ...counts } });
  });

  it("ends in every lane, behind what has time, behind a machine and between two parts", async () => {
    const world = startHours({ prepare: down });
    await world.accept(
      "one",
      Array.from({ length: 13 }, (_, number) => number),
    );
    const ids = (await world.unfolded()).map(({ sequenceId }) => sequenceId);
    const [holder = "", behind = "", long = "", ...rest] = ids;
    const { acceptedAtMs } = await changed(world, holder, {});
    const over = { expiresAtMs: acceptedAtMs + HOUR_MS };
    for (const lane of LANES) {
      // The first of its lane has time: ranks are not in the order of acceptance.
      const [first = "", second = ""] = rest.slice(lane * 2);
      await changed(world, first, { lane, pass: 1 });
      await changed(world, second, { lane, pass: 2, ...over });
    }
    await changed(world, holder, { pass: 99, part: 1, parts: [[], []], ...over });
    // Another of ours that still has time holds its machine.
    const { machineId } = await changed(world, long, { part: 1 });
    await changed(world, behind, { machineId, place: { kind: "behind" }, ...over });
    const lease = { v: 1, sequenceId: long, waiters: true };
    const key = machineKey(machineId);
    await world.ledger.commit([{ op: "replace", key, body: lease, etag: "*" }]);
    await world.hours(2);
    const ended = (await world.unfolded()).filter(({ state }) => state === "expired");
    const seconds = LANES.map((lane) => rest[lane * 2 + 1] ?? "");
    expect(ended.map(({ sequenceId }) => sequenceId).toSorted()).toEqual(
      [holder, behind, ...seconds].toSorted(),
    );
  });

  it("is looked for without a request more while all that waits is read with the rest", async () => {
    const world = startHours({ prepare: down });
    await world.accept("one", [1, 2]);
    await world.hours(1);
    const asked: string[] = [];
    const counting = {
      ...world.ports,
      ledger: {
        ...world.ports.ledger,
        list: async (from: string, before: string, limit: number) => {
          asked.push(from);
          return await world.ports.ledger.list(from, before, limit);
        },
      },
    };
    world.pass(1_000);
    await poll(counting, LIMITS, "p");
    expect(asked.filter((from) => from.startsWith("behind") || from.startsWith("ready!"))).toEqual(
      [],
    );
  });
});

describe("what is out there and cannot be seen", () => {
  it.each<[string, Partial<SequenceRecord>]>([
    ["submitted", { state: "submitted", actionId: "action-1" }],
    ["unconfirmed", { state: "unconfirmed" }],
    ["claimed", { state: "claimed" }],
  ])("ends by our own clock when it is %s, as not known", async (_, change) => {
    const cancelled: string[] = [];
    const world = startHours({
      prepare: answered,
      ...BLIND,
      cancelAction: async (actionId) => {
        cancelled.push(actionId);
        return await answered();
      },
    });
    await world.accept("one", [1]);
    const [accepted] = await world.unfolded();
    if (accepted === undefined) throw new Error("nothing was accepted");
    const { sequenceId, acceptedAtMs: atMs } = accepted;
    const sent = { place: null, attempt: 1, claimedAtMs: atMs, submittedAtMs: atMs };
    const out = await changed(world, sequenceId, { ...sent, ...change });
    await writeBudget(world, { sessions: [sessionOf(out)] });
    await world.hours(72);
    const of = async () => (await world.unfolded())[0];
    expect((await of())?.state).toBe(out.state);
    await world.hours(1);
    expect(await of()).toMatchObject({ state: "failed", outcome: { code: "notKnown" } });
    expect((await of())?.outcome?.detail).toMatch(/HTTP 403 Forbidden/);
    expect((await loadBudget(world.ledger)).value.sessions).toEqual([]);
    expect(cancelled).toEqual(out.actionId === null ? [] : ["action-1"]);
  });
});

async function neverSent(): ReturnType<Defender["submit"]> {
  return { kind: "unknown", detail: "the connection broke" };
}
