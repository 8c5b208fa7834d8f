import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import { wholeFor, ofEveryTeam, reading } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { RATE_TOKEN_KEY, runKey } from "../../../shared/ledger/row/keys.ts";
import {
  claim,
  expire,
  giveBack,
  loseAnswer,
  submit,
} from "../../../shared/ledger/sequence/moves.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { tryAgain } from "../../../shared/limits/pace/unanswered.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { describeStatus } from "../../../shared/workflow/view/describe-status.ts";
import { loadRun } from "../../../shared/store/load.ts";
import { A_NONCE, anActionOf, aSequence, RUN_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";
import { aRun } from "../../ledger/a-run.ts";

const LIMITS = someLimits();
/** Of 25, two are kept for urgent work. */
const FULL_FOR_LOWER = 23;
const READY = { kind: "ready" } as const;
/** What Defender says of all machines here. */
const FACTS = { name: null, platform: "windows", tags: null, group: null } as const;

async function ledgerWith(records: readonly SequenceRecord[], open = FULL_FOR_LOWER) {
  const { ledger, ports } = startAccepting();
  const run = aRun({ accepted: records.length, open: records.length });
  const sessions = Array.from({ length: open }, (_, index) => ({
    sequenceId: `open-${index}`,
    machineId: `machine-${index}`,
  }));
  await ledger.commit([
    { op: "insert", key: runKey(RUN_ID), body: run },
    { op: "insert", key: RATE_TOKEN_KEY, body: { ...FIRST_BUDGET, sessions } },
    ...records.flatMap((each) => insertion(each)),
  ]);
  const view = async () => {
    const described = await describeRun(ports, LIMITS, RUN_ID, reading());
    if (described === null) throw new Error("there is no run");
    return described;
  };
  return { ledger, ports, view };
}

const lower = aSequence({ machineFacts: FACTS });
const urgent = aSequence({
  machineFacts: FACTS,
  sequenceId: `${RUN_ID}.urgent`,
  machineId: "b".repeat(40),
  lane: 0,
});

describe("a queue in which only the sessions kept for urgent work are left", () => {
  it("says session to the lower lanes, with a start that is not now, and next to urgent work", async () => {
    const { view } = await ledgerWith([lower, urgent]);
    const waits = new Map((await view()).sequences.map((each) => [each.sequenceId, each.waits]));
    expect(waits.get(lower.sequenceId)).toMatchObject({ code: "session" });
    expect(Date.parse(waits.get(lower.sequenceId)?.estimatedStart ?? "")).toBeGreaterThan(START_MS);
    expect(waits.get(urgent.sequenceId)).toMatchObject({ code: "next" });
  });

  it("is full for the status, unless something urgent waits or nothing does", async () => {
    const kindOf = async (records: readonly SequenceRecord[], open = FULL_FOR_LOWER) =>
      (await describeStatus((await ledgerWith(records, open)).ports, LIMITS, ofEveryTeam("op")))
        .next.kind;
    expect(await kindOf([lower])).toBe("full");
    expect(await kindOf([lower, urgent])).toBe("go");
    expect(await kindOf([])).toBe("go");
    expect(await kindOf([lower], FULL_FOR_LOWER - 1)).toBe("go");
  });
});

describe("a sequence whose machine is known only by the word of its sender", () => {
  const byWord = { ...urgent, machineFacts: null };

  it("says that Defender has to tell of it first, as soon as nothing else is in its way", async () => {
    const { view } = await ledgerWith([byWord]);
    const [{ waits } = { waits: null }] = (await view()).sequences;
    expect(waits).toMatchObject({ code: "facts", position: 1 });
  });

  it("says what all wait for while all wait", async () => {
    const { view } = await ledgerWith([{ ...lower, machineFacts: null }]);
    const [{ waits } = { waits: null }] = (await view()).sequences;
    expect(waits).toMatchObject({ code: "session" });
  });
});

describe("a cancel", () => {
  it("stands in the run and its sequences, with who asked and when, and what it came too late for", async () => {
    const claimed = claim(aSequence(), START_MS - 9_000, A_NONCE);
    const submitted = submit(claimed, "action-1", START_MS - 8_000);
    const over: SequenceRecord = {
      ...submitted,
      sequenceId: `${RUN_ID}.over`,
      machineId: "c".repeat(40),
      state: "succeeded",
      endedAtMs: START_MS - 1,
    };
    const { ports, ledger, view } = await ledgerWith([over, { ...submitted }, urgent], 0);
    expect((await view()).cancelAsked).toBeNull();
    expect((await view()).sequences.map(({ cancel }) => cancel)).toEqual([null, null, null]);
    await cancelRun(ports, LIMITS, RUN_ID, wholeFor("ana"));
    const asked = { by: "ana", at: new Date(START_MS).toISOString() };
    const { cancelAsked, sequences } = await view();
    expect(cancelAsked).toEqual(asked);
    const cancels = new Map(sequences.map(({ sequenceId, cancel }) => [sequenceId, cancel]));
    expect(cancels.get(over.sequenceId)).toEqual({ ...asked, tooLate: true });
    expect(cancels.get(submitted.sequenceId)).toEqual({ ...asked, tooLate: false });
    expect(cancels.get(urgent.sequenceId)).toEqual({ ...asked, tooLate: false });
    // Defender had it done before the cancel came.
    const key = `sequence!${submitted.sequenceId}`;
    const row = await ledger.read(key);
    const body = { ...Object(row?.body), state: "succeeded", endedAtMs: START_MS + 5_000 };
    await ledger.commit([{ op: "replace", key, body, etag: row?.etag ?? "" }]);
    const late = (await view()).sequences.find((each) => each.sequenceId === submitted.sequenceId);
    expect(late?.cancel).toEqual({ ...asked, tooLate: true });
    expect((await loadRun(ledger, RUN_ID))?.value.cancelAsked).toEqual({
      by: "ana",
      atMs: START_MS,
    });
  });
});

async function waitsOf(record: SequenceRecord) {
  return (await (await ledgerWith([record], 0)).view()).sequences[0]?.waits;
}

describe("a POST that a gateway answered", () => {
  const PAGE = "HTTP 403 with a body that is not Defender's error form";
  const lost = loseAnswer(claim(lower, START_MS - 9_000, A_NONCE), PAGE);

  it("is why its sequence waits: at Defender, in the line, and until a later time", async () => {
    const first = tryAgain(lost, START_MS, LIMITS);
    const again = tryAgain(loseAnswer(claim(first, START_MS, A_NONCE), PAGE), START_MS, LIMITS);
    for (const [record, then] of [
      [lost, "looks for its action"],
      [first, "goes after the sequences in front"],
      [again, "tries it again from"],
    ] as const) {
      const waits = await waitsOf(record);
      expect(waits?.detail).toContain(PAGE);
      expect(waits?.detail).toContain(then);
    }
    expect((await waitsOf(again))?.code).toBe("unanswered");
  });

  it("is no reason any more after the next POST, or when its action is found", async () => {
    const next = giveBack(claim(tryAgain(lost, START_MS, LIMITS), START_MS, A_NONCE), READY, null);
    expect((await waitsOf(next))?.detail).not.toContain(PAGE);
    expect(submit(lost, "action-1", START_MS).unanswered).toBeNull();
  });

  it("is in the outcome of a sequence that expires after it", () => {
    const ended = expire(tryAgain(lost, START_MS, LIMITS), START_MS);
    expect(ended.outcome?.detail).toContain(PAGE);
  });
});

describe("an action that Defender took", () => {
  it("is waited for until a list shows it", async () => {
    const submitted = submit(
      claim(aSequence(), START_MS - 9_000, A_NONCE),
      "action-1",
      START_MS - 8_000,
    );
    const { ledger, view } = await ledgerWith([submitted], 0);
    const listed = async (seen: object) => {
      const row = await ledger.read(RATE_TOKEN_KEY);
      const body = { ...FIRST_BUDGET, sessions: [{ ...sessionOf(submitted), ...seen }] };
      await ledger.commit([{ op: "replace", key: RATE_TOKEN_KEY, body, etag: row?.etag ?? "" }]);
      return (await view()).sequences[0]?.waits;
    };
    expect(await listed({})).toMatchObject({
      code: "notListed",
      detail: expect.stringContaining("action-1"),
    });
    expect(await listed({ seen: ["Pending", "Created"] })).toBeNull();
  });
});

describe("an action that succeeded with a script that failed", () => {
  it("has failed for its sequence and its scripts, in Defender's words", async () => {
    const submitted = submit(
      claim(aSequence(), START_MS - 9_000, A_NONCE),
      "action-1",
      START_MS - 8_000,
    );
    const action = anActionOf(submitted, "Succeeded", ["completed", "failed", "completed"]);
    const offline = { parkUntilMs: START_MS, patienceMs: 60_000 };
    const ended = conclude(submitted, action, START_MS, offline);
    const run = await (await ledgerWith([ended], 0)).view();
    expect(run.scriptsFailed).toBe(1);
    expect(run.sequences[0]).toMatchObject({
      state: "failed",
      machineActionStatus: "Succeeded",
      scripts: "failed",
      outcome: {
        code: "commandFailed",
        detail:
          "Command 2 (RunScript) failed, although Defender reports the action as succeeded. " +
          "Defender says: no such file; gave up",
      },
    });
  });
});
