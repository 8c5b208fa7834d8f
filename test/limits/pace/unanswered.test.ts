import { expect, it } from "vitest";
import { claim, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { tryAgain } from "../../../shared/limits/pace/unanswered.ts";
import { A_NONCE, aSequence, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../some-limits.ts";

it("a POST without an answer is tried again at once, and then ever later", () => {
  const limits = someLimits({ busyRetryMs: 60_000 });
  let record = aSequence();
  const waits = Array.from({ length: 7 }, () => {
    record = tryAgain(loseAnswer(claim(record, START_MS, A_NONCE), "a page"), START_MS, limits);
    return record.place?.kind === "later" ? (record.place.dueAtMs - START_MS) / 60_000 : 0;
  });
  expect(waits).toEqual([0, 1, 2, 4, 8, 15, 15]);
});

const AT_PART_2 = { part: 1, attempt: 0, attempts: 0, state: "waiting" } as const;

it("counts those of one part only", () => {
  const parts = [...aSequence().parts, ...aSequence().parts];
  const first = loseAnswer(claim(aSequence({ parts }), START_MS, A_NONCE), "a page");
  const second = loseAnswer(
    claim(aSequence({ ...first, ...AT_PART_2 }), START_MS, A_NONCE),
    "a page",
  );
  expect([first.unanswered?.times, second.unanswered?.times]).toEqual([1, 1]);
});
