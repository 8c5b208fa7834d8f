import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { cursorOf } from "../../../shared/ledger/row/cursor.ts";
import { runKey, sequenceKey } from "../../../shared/ledger/row/keys.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { describeQueue, type QueueView } from "../../../shared/workflow/view/describe-queue.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { aSequence, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const OURS = "0".repeat(20);
const THEIRS = "1".repeat(20);
const [MATE] = callersOf([{ name: "mate", team: "red", key: keyHash("k"), may: ["run.read"] }]);
if (MATE === undefined) throw new Error("there is no caller");
const CHIEF = ofEveryTeam("chief");

/** The sequence of this number of a run, ready with this pass; or as told. */
function one(runId: string, number: number, over: Partial<SequenceRecord> = {}): SequenceRecord {
  const text = number.toString().padStart(12, "0");
  const machineId = (runId + text).padStart(40, "0");
  return aSequence({ sequenceId: `${runId}.${text}`, runId, machineId, pass: number, ...over });
}

function queueOf(records: readonly SequenceRecord[]) {
  const ledger = createMemoryLedger();
  const time = { ms: START_MS };
  const now = () => time.ms;
  const clock = { earliest: now, latest: now, monotonicMs: now, sleep: async () => undefined };
  const writing = (async () => {
    for (const [runId, team] of [
      [OURS, "red"],
      [THEIRS, "blue"],
    ] as const) {
      await ledger.commit([{ op: "insert", key: runKey(runId), body: aRun({ runId, team }) }]);
    }
    for (const each of records) await ledger.commit(insertion(each));
  })();
  const page = async (cursor: string | null, caller = CHIEF): Promise<QueueView | null> => {
    await writing;
    return await describeQueue({ ledger, clock }, someLimits(), caller, cursor);
  };
  const pages = async (caller = CHIEF): Promise<QueueView["sequences"]> => {
    const all: QueueView["sequences"][number][] = [];
    for (let cursor: string | null = null, at = 0; at < 20; at += 1) {
      const view = await page(cursor, caller);
      if (view === null) throw new Error("its own cursor is none of the list");
      all.push(...view.sequences);
      if (view.next === null) return all;
      cursor = view.next;
    }
    throw new Error("the list has no end");
  };
  const pass = (ms: number) => {
    time.ms += ms;
  };
  return { ledger, page, pages, pass };
}

const LATER = { kind: "later", dueAtMs: START_MS + 60_000 } as const;
const BEHIND = { kind: "behind" } as const;

describe("the queue", () => {
  it("lists the line by lane and pass, then what waits for a time, then behind machines", async () => {
    const { pages } = queueOf([
      one(OURS, 5, { lane: 2 }),
      one(OURS, 4, { lane: 2 }),
      one(OURS, 6, { lane: 0 }),
      one(OURS, 7, { place: BEHIND, machineId: "a".repeat(40), lane: 1 }),
      one(OURS, 8, { place: BEHIND, machineId: "b".repeat(40), lane: 0 }),
      one(OURS, 9, { place: { ...LATER, dueAtMs: START_MS + 90_000 } }),
      one(OURS, 10, { place: LATER }),
    ]);
    const shown = (await pages()).map((each) => [each.sequenceId?.slice(-2), each.position]);
    expect(shown).toEqual([
      ["06", 1],
      ["04", 2],
      ["05", 3],
      ["10", null],
      ["09", null],
      ["08", null],
      ["07", null],
    ]);
  });

  it.each([49, 50, 51, 100, 120])(
    "gives each of %i in the line once, over all its pages, and each of those that are not",
    async (count) => {
      const places = [undefined, LATER, BEHIND];
      const records = places.flatMap((place, kind) =>
        Array.from({ length: count }, (_, at) =>
          one(OURS, kind * 1_000 + at, place === undefined ? {} : { place }),
        ),
      );
      const { pages } = queueOf(records);
      const all = await pages();
      expect(all.map(({ sequenceId }) => sequenceId)).toEqual(
        records.map(({ sequenceId }) => sequenceId),
      );
      const positions = all.map(({ position }) => position).filter((each) => each !== null);
      expect(positions).toEqual(Array.from({ length: count }, (_, at) => at + 1));
    },
  );

  it("shows of another team's sequence its place, lane and time, in the list and in cursors", async () => {
    const secret = "5ec7e7".padEnd(40, "0");
    const { pages, page } = queueOf(
      Array.from({ length: 60 }, (_, at) =>
        one(THEIRS, at, { machineId: secret, place: BEHIND }),
      ).concat(one(OURS, 99)),
    );
    const [own, first] = await pages(MATE);
    expect(own).toMatchObject({ sequenceId: `${OURS}.000000000099`, runId: OURS, code: "facts" });
    expect(own?.nextStep).toMatchObject({ code: "facts", needsPerson: false });
    const { position, lane, acceptedAt, ...rest } = first ?? {};
    expect([position, lane, acceptedAt]).toEqual([null, 1, "2026-11-20T10:00:00.000Z"]);
    expect(new Set(Object.values(rest))).toEqual(new Set([null]));
    const next = (await page(null, MATE))?.next ?? "";
    expect(Buffer.from(next, "base64url").toString()).not.toContain("5ec7e7");
  });

  it("goes on with a sequence that cannot be read, without its name", async () => {
    const broken = one(OURS, 1);
    const { ledger, page, pages } = queueOf([broken, one(OURS, 2)]);
    await page(null);
    const row = await ledger.read(sequenceKey(broken.sequenceId));
    const body = { v: 99 };
    await ledger.commit([{ op: "replace", key: row?.key ?? "", etag: row?.etag ?? "", body }]);
    const shown = await pages();
    expect(shown.map(({ position, sequenceId, lane }) => [position, sequenceId, lane])).toEqual([
      [1, null, null],
      [2, `${OURS}.000000000002`, 1],
    ]);
  });

  it("is the same text a moment later, as long as nothing has changed", async () => {
    const { page, pass } = queueOf([one(OURS, 1), one(OURS, 2, { place: LATER })]);
    // A forecast is in steps of ten seconds, and these times are within one.
    pass(1);
    const before = JSON.stringify(await page(null));
    pass(8_000);
    expect(JSON.stringify(await page(null))).toBe(before);
    expect(before).toContain('"estimatedStart":"2026-11-20T10:00:10.000Z"');
  });

  it.each([
    ["of another list", cursorOf("notice!x")],
    ["with a key outside of the list", cursorOf({ in: "later", after: ["run!", "x"] })],
    ["with a place before the first", cursorOf({ in: "ready", ahead: -1 })],
    ["that is no cursor", "page-2"],
  ])("has no page for a cursor %s", async (_, cursor) => {
    const { page } = queueOf([one(OURS, 1)]);
    expect(await page(cursor)).toBeNull();
  });
});
