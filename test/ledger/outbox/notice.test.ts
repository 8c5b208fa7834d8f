import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CALLBACK_EVENTS,
  noticesOf,
  owing,
  TARGETS_MAX,
  targetIdOf,
  withTargets,
  eventsIn,
  type CallbackEvent,
  type CallbackTarget,
} from "../../../shared/ledger/outbox/notice.ts";
import { OUTSTANDING } from "../../../shared/ledger/row/keys.ts";
import { HOUR_MS, RUN_ID, START_MS } from "../a-sequence.ts";

function target(number: number, of: Partial<CallbackTarget> = {}): CallbackTarget {
  return {
    targetId: targetIdOf(["setting", "soar", String(number)]),
    from: "setting",
    caller: "soar",
    shape: "generic",
    host: "hooks.contoso.example",
    url: null,
    armId: null,
    ...eventsIn(["run.accepted", "run.finished"]),
    delivered: null,
    endedAtMs: null,
    ...of,
  };
}

const NUMBERS = fc.array(fc.nat(20), { maxLength: 15 });
const EVENT = fc.constantFrom(...CALLBACK_EVENTS);
const SEQUENCE = fc.constantFrom("first", "second");

/** Which target, which event, of which sequence, and how many sequences the run has. */
type Happening = [number, CallbackEvent, string | null, number];
const HAPPENING: fc.Arbitrary<Happening> = fc.tuple(
  fc.nat(3),
  EVENT,
  fc.oneof(fc.constant(null), SEQUENCE),
  fc.nat(3),
);

function idOf(
  [number, event, sequenceId, accepted]: Happening,
  afterMs = 0,
  runId = RUN_ID,
): string | undefined {
  const callbacks = [target(number, eventsIn(CALLBACK_EVENTS))];
  const run = { runId, accepted, callbacks };
  const [notice] = noticesOf(run, event, sequenceId, START_MS + afterMs);
  return notice?.noticeId;
}

describe("the targets of a run", () => {
  it("are each there once, with what was delivered to them, or refused if more than ten", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(20), { maxLength: 9 }), NUMBERS, (before, joining) => {
        const delivered = { atMs: START_MS, tries: 2 };
        const first = before.map((number) => target(number, { delivered }));
        const all = withTargets(
          first,
          joining.map((number) => target(number)),
        );
        const asked = new Set([...before, ...joining]);
        expect(all === null).toBe(asked.size > TARGETS_MAX);
        if (all === null) return;
        const ids = new Set(all.map(({ targetId }) => targetId));
        expect(all.slice(0, first.length)).toEqual(first);
        expect([ids.size, all.length]).toEqual([asked.size, asked.size]);
      }),
    );
  });
});

describe("a notice", () => {
  it("has the same id whenever it tells the same, and another for anything else", () => {
    fc.assert(
      fc.property(HAPPENING, HAPPENING, (one, other) => {
        const same = (at: 0 | 1 | 2) => one[at] === other[at];
        // How many sequences there were matters only where no sequence is named.
        const tellsSame = same(0) && same(1) && same(2) && (one[2] !== null || one[3] === other[3]);
        expect(idOf(one) === idOf(other)).toBe(tellsSame);
        expect(idOf(one)).toMatch(/^msg_[0-9a-f]{32}$/);
      }),
    );
  });

  it("of a sequence is told from that of another, and of a run from when it has grown", () => {
    expect(idOf([1, "sequence.ended", "first", 1])).not.toBe(
      idOf([1, "sequence.ended", "second", 1]),
    );
    expect(idOf([1, "sequence.ended", "first", 1])).toBe(idOf([1, "sequence.ended", "first", 2]));
    expect(idOf([1, "run.finished", null, 1])).not.toBe(idOf([1, "run.finished", null, 2]));
  });

  it("has the same id whenever its event is told, be it days later, and another for another run", () => {
    fc.assert(
      fc.property(HAPPENING, fc.nat(7 * 24 * HOUR_MS), (happening, afterMs) => {
        expect(idOf(happening, afterMs)).toBe(idOf(happening));
        expect(idOf(happening, afterMs, "another run")).not.toBe(idOf(happening));
      }),
    );
  });

  it("goes to who wants the event and has not ended it, as open work", () => {
    const callbacks = [
      target(1),
      target(2, { events: ["sequence.ended"] }),
      target(3, { endedAtMs: START_MS }),
    ];
    const notices = noticesOf({ runId: RUN_ID, accepted: 1, callbacks }, "run.accepted", null, 1.5);
    expect(notices.map(({ targetId }) => targetId)).toEqual([callbacks[0]?.targetId]);
    const [row] = owing(notices);
    expect(row?.key).toMatch(/^notice!0000000000001!msg_/);
    expect((row?.key ?? "") > OUTSTANDING.from && (row?.key ?? "") < OUTSTANDING.before).toBe(true);
  });
});
