import { describe, expect, it } from "vitest";
import { ASKED_KEY } from "../../shared/ledger/row/keys.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import type { Ledger } from "../../shared/ports.ts";
import { loadReads } from "../../shared/store/load.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { spendRead } from "../../shared/store/spend-read.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "../workflow/accepting.ts";

/** Ten look-ups a minute, five of them for one caller. */
const LIMITS = { ...someLimits(), readsPerMinute: 10 };

/** Payments of one process on a ledger that counts requests, and what the row says is spent. */
function paying() {
  const { ports } = startAccepting();
  const requests: string[] = [];
  const ledger: Ledger = {
    ...ports.ledger,
    read: async (key) => {
      requests.push("read");
      return await ports.ledger.read(key);
    },
    commit: async (changes) => {
      requests.push("commit");
      return await ports.ledger.commit(changes);
    },
  };
  const payments = createLookUpPayments({ ...ports, ledger }, LIMITS);
  const spent = async () => {
    const { machines } = (await loadReads(ports.ledger)).value;
    return machines.minute.reduce((sum, [, calls]) => sum + calls, 0);
  };
  return { ports, payments, requests, spent };
}

describe("payments of look-ups", () => {
  it("take one request each, after the first", async () => {
    const { payments, requests, spent } = paying();
    expect(await payments.pay({ calls: 2, by: "one" })).toBe(true);
    expect(requests.splice(0)).toEqual(["read", "commit"]);
    expect(await payments.pay({ calls: 1, by: "one" })).toBe(true);
    expect(requests).toEqual(["commit"]);
    expect(await spent()).toBe(3);
  });

  it("share a transaction if they come at once, and each is counted", async () => {
    const { payments, requests, spent } = paying();
    const callers = ["a", "b", "c", "d", "e", "f"];
    const paid = await Promise.all(callers.map((by) => payments.pay({ calls: 1, by })));
    expect([paid, await spent()]).toEqual([callers.map(() => true), 6]);
    expect(requests).toEqual(["read", "commit", "commit"]);
  });

  it("are refused one by one, beyond the share of their caller and the budget", async () => {
    const { payments, spent } = paying();
    await payments.pay({ calls: 1, by: "first" });
    const asked = ["a", "a", "b", "c"].map((by) => payments.pay({ calls: 3, by }));
    expect(await Promise.all(asked)).toEqual([true, false, true, true]);
    expect(await payments.pay({ calls: 1, by: "d" })).toBe(false);
    expect(await spent()).toBe(10);
  });

  it("count what others have spent meanwhile", async () => {
    const { ports, payments, spent } = paying();
    await payments.pay({ calls: 1, by: "a" });
    expect(await spendRead(ports, LIMITS, "machines", { calls: 8 })).toBe(true);
    expect(await payments.pay({ calls: 2, by: "a" })).toBe(false);
    expect(await payments.pay({ calls: 1, by: "a" })).toBe(true);
    expect(await spent()).toBe(10);
  });

  it("refuse nobody because of a row that was remembered", async () => {
    const { ports, payments } = paying();
    expect(await payments.pay({ calls: 5, by: "a" })).toBe(true);
    // Somebody has mended the row by hand.
    const row = await ports.ledger.read(ASKED_KEY);
    await ports.ledger.commit([{ op: "delete", key: ASKED_KEY, etag: row?.etag ?? "" }]);
    expect(await payments.pay({ calls: 5, by: "a" })).toBe(true);
  });

  it("throw for a row that cannot be read, and go on once it can", async () => {
    const { ports, payments } = paying();
    await ports.ledger.commit([{ op: "insert", key: ASKED_KEY, body: { v: 99 } }]);
    await expect(payments.pay({ calls: 1, by: "a" })).rejects.toThrow(SetAside);
    const row = await ports.ledger.read(ASKED_KEY);
    await ports.ledger.commit([{ op: "delete", key: ASKED_KEY, etag: row?.etag ?? "" }]);
    expect(await payments.pay({ calls: 1, by: "a" })).toBe(true);
  });
});
