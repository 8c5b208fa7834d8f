import { expect, it } from "vitest";
import type { Ports } from "../../../shared/ports.ts";
import { auditKey } from "../../../shared/ledger/row/keys.ts";
import { readQueueAudit } from "../../../shared/workflow/view/read-audit.ts";
import { pause, resume } from "../../../shared/workflow/operate/pause.ts";
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
