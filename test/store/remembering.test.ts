import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import {
  RATE_TOKEN_KEY,
  NOTICE,
  OUTSTANDING,
  READY,
  QUEUE_HEAD,
} from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Ledger } from "../../shared/ports.ts";
import { remembering } from "../../shared/store/remembering.ts";

const FIRST: RowChange = { op: "insert", key: RATE_TOKEN_KEY, body: 1 };

/** One invocation and another on one ledger; how often the first has read from it. */
async function begun(...rows: readonly RowChange[]) {
  const memory = createMemoryLedger();
  if (rows.length > 0) await memory.commit(rows);
  const asked = { reads: 0 };
  const outside: Ledger = {
    ...memory,
    read: async (key) => {
      asked.reads += 1;
      return await memory.read(key);
    },
  };
  const own = remembering(outside);
  const budget = async () => (await own.read(RATE_TOKEN_KEY))?.body;
  return { memory, outside, own, asked, budget };
}

async function write(by: Ledger, body: unknown) {
  const etag = (await by.read(RATE_TOKEN_KEY))?.etag ?? "";
  return (await by.commit([{ op: "replace", key: RATE_TOKEN_KEY, body, etag }])).kind;
}

describe("the budget that an invocation remembers", () => {
  it("is read once, and not again after it was written", async () => {
    const { own, asked, budget } = await begun(FIRST);
    expect(await budget()).toBe(1);
    expect(await write(own, 2)).toBe("committed");
    expect(await write(own, 3)).toBe("committed");
    expect([await budget(), asked.reads]).toEqual([3, 1]);
  });

  it("is read again after a race lost for it", async () => {
    const { memory, own, asked, budget } = await begun(FIRST);
    await budget();
    await write(memory, "theirs");
    expect(await write(own, "mine")).toBe("conflict");
    expect([await budget(), asked.reads]).toEqual(["theirs", 2]);
    expect(await write(own, "mine")).toBe("committed");
  });

  it("is kept after a race lost for another row", async () => {
    const other: RowChange = { op: "insert", key: "sequence!a", body: 1 };
    const { own, asked, budget } = await begun(FIRST, other);
    await budget();
    expect((await own.commit([other])).kind).toBe("conflict");
    expect([await budget(), asked.reads]).toEqual([1, 1]);
  });

  it("is read again when nobody knows whether it was written", async () => {
    const { memory, outside, asked } = await begun(FIRST);
    const broken = remembering({
      ...outside,
      commit: async (changes) => {
        await memory.commit(changes);
        throw new Error("the answer is lost");
      },
    });
    const etag = (await broken.read(RATE_TOKEN_KEY))?.etag ?? "";
    const change = { op: "replace", key: RATE_TOKEN_KEY, body: 2, etag } as const;
    await expect(broken.commit([change])).rejects.toThrow("the answer is lost");
    expect((await broken.read(RATE_TOKEN_KEY))?.body).toBe(2);
    expect(asked.reads).toBe(2);
  });

  it.each([
    ["is there", [FIRST], 1],
    ["is not there yet", [], undefined],
  ] as const)("is known from a list that reaches it, if it %s", async (_, rows, body) => {
    const { own, asked, budget } = await begun(...rows);
    await own.list(OUTSTANDING.from, OUTSTANDING.before, 10);
    expect([await budget(), asked.reads]).toEqual([body, 0]);
  });

  it.each([
    ["does not reach it", OUTSTANDING, 1],
    ["is of other rows", READY, 10],
  ] as const)("is not known from a list that %s", async (_, range, limit) => {
    const early: RowChange = { op: "insert", key: "later!a", body: 1 };
    const { own, asked, budget } = await begun(FIRST, early);
    await own.list(range.from, range.before, limit);
    expect([await budget(), asked.reads]).toEqual([1, 1]);
  });

  it("is that of the newest list", async () => {
    const { memory, own, budget } = await begun(FIRST);
    await budget();
    await write(memory, "theirs");
    await own.list(QUEUE_HEAD.from, QUEUE_HEAD.before, 1);
    expect(await budget()).toBe("theirs");
  });
});

it("an invocation knows which families of rows it has tried to write", async () => {
  const { own } = await begun();
  await own.commit([{ op: "insert", key: `${NOTICE.from}a`, body: 1 }]);
  expect([own.wrote(NOTICE), own.wrote(READY)]).toEqual([true, false]);
});
