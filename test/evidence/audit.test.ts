import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appendAudit, type AuditFacts, verifyAudit } from "../../shared/evidence/audit.ts";
import { FIRST_HEAD } from "../../shared/ledger/run/chain-head.ts";

const FACTS: AuditFacts = {
  at: "2026-11-20T10:00:00.000Z",
  event: "paused",
  by: "analyst",
  sequences: [{ sequenceId: "run.sequence", machineActionId: "action-1" }],
  detail: "why",
};

function log(count: number, chain = "queue") {
  return appendAudit(
    FIRST_HEAD,
    chain,
    Array.from({ length: count }, () => FACTS),
  );
}

describe("an audit log", () => {
  it("is the same chain however its records were grouped into transactions", () => {
    const first = appendAudit(FIRST_HEAD, "queue", [FACTS]);
    const second = appendAudit(first.head, "queue", [FACTS, FACTS]);
    expect([...first.records, ...second.records]).toEqual(log(3).records);
    expect(second.head).toEqual(log(3).head);
    const { head } = second;
    const end = { number: head.count, hash: head.head };
    expect(verifyAudit(log(3).records, end)).toEqual({ kind: "ok", head: end });
  });

  it("does not grow by nothing", () => {
    const { head } = log(2);
    expect(appendAudit(head, "queue", [])).toEqual({ head, records: [] });
  });

  it("shows a record that was taken out, doubled, moved, or taken from another log", () => {
    const { records } = log(3);
    const [a, b, c] = records;
    const [, stranger] = log(2, "0123456789abcdefghjk").records;
    for (const tampered of [
      [b, c],
      [a, c],
      [a, b, b],
      [a, c, b],
      [a, stranger],
    ]) {
      expect(verifyAudit(tampered).kind).toBe("broken");
    }
    const end = { number: 3, hash: c?.hash ?? "" };
    expect(verifyAudit([a, b], end)).toMatchObject({ kind: "broken", position: 2 });
  });

  it("holds one harmless line of bounded length, whatever it is told", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
        const facts = { ...FACTS, by: text, detail: text };
        const [record] = appendAudit(FIRST_HEAD, "queue", [facts]).records;
        expect(record?.detail).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E]/u);
        expect(record?.detail.length).toBeLessThanOrEqual(300);
        expect(record?.by?.length).toBeLessThanOrEqual(100);
        expect(JSON.stringify(record)).not.toContain("\n");
      }),
    );
  });
});
