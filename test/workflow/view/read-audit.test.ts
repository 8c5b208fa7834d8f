import { expect, it } from "vitest";
import type { Ports } from "../../../shared/ports.ts";
import { auditKey, RATE_TOKEN_KEY } from "../../../shared/ledger/row/keys.ts";
import { readQueueAudit } from "../../../shared/workflow/view/read-audit.ts";
import { pause, resume } from "../../../shared/workflow/operate/pause.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

/** A log of four records, without those of these numbers; and what is logged when it is read. */
async function readWithout(numbers: readonly number[], from = 1) {
  const { ledger, ports } = startAccepting();
  for (const why of ["once", "twice"]) {
    await pause(ports, { by: "op", why });
    await resume(ports, someLimits(), "op");
  }
  for (const number of numbers) {
    await ledger.commit([{ op: "delete", key: auditKey("queue", number), etag: "*" }]);
  }
  const logged: object[] = [];
  const log: Ports["log"] = (level, event, fields) => void logged.push({ level, event, ...fields });
  const { records } = await readQueueAudit({ ledger, log }, from);
  return { count: records.length, logged };
}

it("a log that is complete is read without a word, to its end and beyond", async () => {
  expect(await readWithout([])).toEqual({ count: 4, logged: [] });
  expect(await readWithout([], 3)).toEqual({ count: 2, logged: [] });
  expect(await readWithout([], 5)).toEqual({ count: 0, logged: [] });
});

it.each([
  ["the first", [1], 3],
  ["one in the middle", [2], 3],
  ["the last", [4], 3],
  ["all", [1, 2, 3, 4], 0],
])(
  "a log without %s is given as it is, and the host's log says what is missing",
  async (_, numbers, count) => {
    const what = "records of the audit log queue are missing";
    const logged = [{ level: "error", event: "custodyTrouble", what }];
    expect(await readWithout(numbers)).toEqual({ count, logged });
  },
);

/** The numbers of a page of a log of four records, and what follows. */
async function newest(asked: { newestFrom: number | null; sinceMs: number | null }) {
  const world = startAccepting();
  const { ledger, ports } = world;
  for (const why of ["once", "twice"]) {
    await pause(ports, { by: "op", why });
    await resume(ports, someLimits(), "op");
    world.pass(60_000);
  }
  const { records, next } = await readQueueAudit({ ledger, log: () => undefined }, asked);
  return { numbers: records.map((each) => Object(each).number), next };
}

it("a log can be read backwards, from its end or from a number, and since a time", async () => {
  const all = { newestFrom: null, sinceMs: null };
  expect(await newest(all)).toEqual({ numbers: [4, 3, 2, 1], next: null });
  expect(await newest({ ...all, newestFrom: 2 })).toEqual({ numbers: [2, 1], next: null });
  expect(await newest({ ...all, newestFrom: 9 })).toEqual({ numbers: [4, 3, 2, 1], next: null });
  const since = { ...all, sinceMs: START_MS + 1 };
  expect(await newest(since)).toEqual({ numbers: [4, 3], next: null });
});

it("a log that is read backwards says where its next page begins", async () => {
  const { ledger } = startAccepting();
  const numbers = Array.from({ length: 1_001 }, (_, index) => index + 1);
  for (const number of numbers) {
    const body = { number, at: "2026-11-29T00:00:00.000Z" };
    await ledger.commit([{ op: "insert", key: auditKey("queue", number), body }]);
  }
  const body = { ...FIRST_BUDGET, audit: { count: 1_001, head: "0".repeat(64) } };
  await ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
  const ports = { ledger, log: () => undefined };
  const first = await readQueueAudit(ports, { newestFrom: null, sinceMs: null });
  expect([first.records.length, first.next]).toEqual([1_000, 1]);
  const rest = await readQueueAudit(ports, { newestFrom: first.next, sinceMs: null });
  expect([rest.records.length, rest.next]).toEqual([1, null]);
});
