import { assert, asyncProperty, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Row } from "../../shared/ports.ts";
import { Contended } from "../../shared/store/contended.ts";
import {
  AGAIN,
  commitOnce,
  once,
  persistent,
  transact,
  tryTransact,
  usual,
  type Transaction,
} from "../../shared/store/transact.ts";

const BOUND = usual("the row");

/** A ledger with one row, `a`, at 0; how long it was slept, and what was committed. */
async function begun() {
  const memory = createMemoryLedger();
  await memory.commit([{ op: "insert", key: "a", body: 0 }]);
  const slept: number[] = [];
  const commits: (readonly RowChange[])[] = [];
  const ledger = {
    ...memory,
    commit: async (changes: readonly RowChange[]) => {
      commits.push(changes);
      return await memory.commit(changes);
    },
  };
  const clock = {
    earliest: () => 0,
    latest: () => 0,
    monotonicMs: () => 0,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const store = { ledger, clock, random: createSeededRandom(1) };
  /** Somebody else, who writes in between. */
  const intrude = async (key = "a") => {
    const row = await memory.read(key);
    await memory.commit([replacing(row, "intruder")]);
  };
  return { memory, store, commits, slept, intrude };
}

function replacing(row: Row | null, body: unknown): RowChange {
  if (row === null) throw new Error("no such row");
  return { op: "replace", key: row.key, body, etag: row.etag };
}

async function raise(tx: Transaction, key = "a"): Promise<number> {
  const row = await tx.read(key);
  const next = Number(row?.body) + 1;
  tx.stage([replacing(row, next)]);
  return next;
}

function inserting(count: number, body: unknown) {
  return async (tx: Transaction): Promise<void> => {
    const keys = Array.from({ length: count }, (_, index) => `b${index}`);
    tx.stage(keys.map((key) => ({ op: "insert", key, body })));
  };
}

const UPSERT = { op: "upsert", key: "b", body: 1 } as const;
const ANY = { op: "replace", key: "b", body: 2, etag: "*" } as const;
const GONE = { op: "delete", key: "b", etag: "*" } as const;

/** A commit that always succeeds, and keeps what was asked of it. */
function recording(commits: (readonly RowChange[])[]) {
  return async (changes: readonly RowChange[]) => {
    commits.push(changes);
    return { kind: "committed", etags: new Map<string, string>() } as const;
  };
}

describe("a transaction", () => {
  it("writes what was staged, and returns what was decided", async () => {
    const { memory, store } = await begun();
    expect(await transact(store, BOUND, raise)).toBe(1);
    expect(await memory.read("a")).toMatchObject({ body: 1 });
  });

  it("tells the ETags of what it wrote", async () => {
    const { memory, store } = await begun();
    const came = await tryTransact(store, BOUND, raise);
    const etag = (await memory.read("a"))?.etag ?? "";
    expect(came).toEqual({ kind: "done", value: 1, etags: new Map([["a", etag]]) });
  });

  it("that stages nothing costs no commit", async () => {
    const { store, commits } = await begun();
    expect(await transact(store, BOUND, async () => "as it was")).toBe("as it was");
    expect(commits).toEqual([]);
  });

  it("lets what is thrown through, and writes nothing", async () => {
    const { store, commits } = await begun();
    const deciding = transact(store, BOUND, async (tx) => {
      await raise(tx);
      throw new Error("a bug");
    });
    await expect(deciding).rejects.toThrow("a bug");
    expect(commits).toEqual([]);
  });
});

describe("a row that one transaction stages twice", () => {
  it.each<[string, RowChange[], RowChange[]]>([
    ["upserted twice", [UPSERT, { ...UPSERT, body: 2 }], [{ ...UPSERT, body: 2 }]],
    [
      "inserted, then replaced whatever it is",
      [{ op: "insert", key: "b", body: 1 }, ANY],
      [{ op: "insert", key: "b", body: 2 }],
    ],
    ["inserted, then deleted", [{ op: "insert", key: "b", body: 1 }, GONE], []],
    ["replaced, then deleted", [ANY, GONE], [GONE]],
  ])("and is %s, is written once", async (_, changes, written) => {
    const { store, commits } = await begun();
    const ledger = { ...store.ledger, commit: recording(commits) };
    await transact({ ...store, ledger }, BOUND, async (tx) => {
      for (const change of changes) tx.stage([change]);
    });
    expect(commits.flat()).toEqual(written);
  });

  it("cannot be deleted and then written", async () => {
    const { store } = await begun();
    const staging = transact(store, BOUND, async (tx) => tx.stage([GONE, UPSERT]));
    await expect(staging).rejects.toThrow("staged to delete");
  });
});

describe("a transaction that loses a race", () => {
  it("decides again on what stands by then, and knows what it lost to", async () => {
    const { memory, store, intrude } = await begun();
    const seen: unknown[] = [];
    const lost: unknown[] = [];
    await transact(store, BOUND, async (tx) => {
      const row = await tx.read("a");
      seen.push(row?.body);
      lost.push(tx.lost);
      if (tx.lost === null) await intrude();
      tx.stage([replacing(row, "mine")]);
    });
    expect(seen).toEqual([0, "intruder"]);
    expect(lost).toEqual([null, { kind: "conflict", key: "a", why: "changed" }]);
    expect(await memory.read("a")).toMatchObject({ body: "mine" });
  });

  it("forgets what the lost try had staged", async () => {
    const { memory, store, intrude } = await begun();
    await transact(store, BOUND, async (tx) => {
      if (tx.lost === null) tx.stage([{ op: "insert", key: "b", body: 0 }]);
      const row = await tx.read("a");
      if (tx.lost === null) await intrude();
      tx.stage([replacing(row, "mine")]);
    });
    expect(memory.rows().map(({ key }) => key)).toEqual(["a"]);
  });

  it("ends with the word of somebody else, if that is decided", async () => {
    const { memory, store, intrude } = await begun();
    const came = await transact(store, BOUND, async (tx) => {
      const row = await tx.read("a");
      if (row?.body !== 0) return row?.body;
      await intrude();
      tx.stage([replacing(row, "mine")]);
      return "mine";
    });
    expect(came).toBe("intruder");
    expect(await memory.read("a")).toMatchObject({ body: "intruder" });
  });

  it("goes on at once, and from the second loss on after a sleep by chance that grows", async () => {
    const { store, slept, intrude } = await begun();
    const random = { ...store.random, fraction: () => 0.5 };
    const bound = { what: "a", tries: 6, jitterMs: 40, jitterMaxMs: 100 };
    await tryTransact({ ...store, random }, bound, async (tx) => {
      await raise(tx);
      await intrude();
    });
    expect(slept).toEqual([20, 40, 50, 50]);
  });

  it.each([usual("the row"), persistent("the row")])(
    "is contended when all $tries tries are lost",
    async (bound) => {
      const { store, intrude, commits } = await begun();
      const losing = async (tx: Transaction) => {
        await raise(tx);
        await intrude();
      };
      expect(await tryTransact(store, bound, losing)).toEqual({ kind: "contended" });
      expect(commits).toHaveLength(bound.tries);
      const thrown = transact(store, bound, losing);
      await expect(thrown).rejects.toThrow(Contended);
      await expect(thrown).rejects.toThrow("the row: others kept writing it");
    },
  );

  it("leaves it at one try, if that is what it is bound to", async () => {
    const { store, intrude, commits } = await begun();
    const came = await tryTransact(store, once("the row"), async (tx) => {
      await raise(tx);
      await intrude();
    });
    expect([came.kind, commits.length]).toEqual(["contended", 1]);
  });

  it("loses no write, however many write at once", async () => {
    await assert(
      asyncProperty(integer({ min: 1, max: 8 }), async (writers) => {
        const { memory, store } = await begun();
        const all = Array.from({ length: writers }, () => transact(store, persistent("a"), raise));
        const values = await Promise.all(all);
        expect(values.toSorted((a, b) => a - b)).toEqual(values.map((_, index) => index + 1));
        expect(await memory.read("a")).toMatchObject({ body: writers });
      }),
      { numRuns: 20 },
    );
  });
});

describe("a transaction that wants to decide again", () => {
  it("does so without writing what it had staged", async () => {
    const { memory, store, commits } = await begun();
    let tries = 0;
    const came = await transact(store, BOUND, async (tx) => {
      tries += 1;
      const raised = await raise(tx);
      return tries < 3 ? AGAIN : raised;
    });
    expect([came, tries, commits.length]).toEqual([1, 3, 1]);
    expect(await memory.read("a")).toMatchObject({ body: 1 });
  });

  it("is contended when it never ends", async () => {
    const { store, commits } = await begun();
    expect(await tryTransact(store, BOUND, async () => AGAIN)).toEqual({ kind: "contended" });
    expect(commits).toEqual([]);
  });

  it("does not take the conflict of an earlier try for one of the last", async () => {
    const { store, intrude } = await begun();
    const lost: unknown[] = [];
    await transact(store, BOUND, async (tx) => {
      lost.push(tx.lost?.key ?? null);
      if (lost.length === 2) return AGAIN;
      await raise(tx);
      if (lost.length === 1) await intrude();
      return null;
    });
    expect(lost).toEqual([null, "a", null]);
  });
});

describe("a row that one try writes twice", () => {
  it("is read as it was staged, and written once under the ETag it was read with", async () => {
    const { store, commits } = await begun();
    const before = await store.ledger.read("a");
    await transact(store, BOUND, async (tx) => {
      expect(tx.writes("a")).toBe(false);
      await raise(tx);
      expect(tx.writes("a")).toBe(true);
      await raise(tx);
    });
    expect(commits).toEqual([[replacing(before, 2)]]);
  });

  it("is still inserted if it was not there", async () => {
    const { store, commits } = await begun();
    await transact(store, BOUND, async (tx) => {
      tx.stage([{ op: "insert", key: "b", body: 0 }]);
      await raise(tx, "b");
    });
    expect(commits).toEqual([[{ op: "insert", key: "b", body: 1 }]]);
  });

  it("is gone once its deletion is staged, and cannot be written any more", async () => {
    const { store } = await begun();
    const deciding = transact(store, BOUND, async (tx) => {
      const row = await tx.read("a");
      tx.stage([{ op: "delete", key: "a", etag: row?.etag ?? "" }]);
      expect(await tx.read("a")).toBeNull();
      tx.stage([replacing(row, 1)]);
    });
    await expect(deciding).rejects.toThrow("a is staged to delete, and then to replace");
  });

  it("is not written on a version that was read before another change of it", async () => {
    const { store, memory, intrude } = await begun();
    const old = replacing(await memory.read("a"), "old");
    await intrude();
    const deciding = transact(store, BOUND, async (tx) => {
      tx.stage([replacing(await tx.read("a"), "new"), old]);
    });
    await expect(deciding).rejects.toThrow("a is staged in two versions");
  });

  it("is not inserted twice", async () => {
    const { store } = await begun();
    const insertion: RowChange = { op: "insert", key: "b", body: 0 };
    const deciding = transact(store, BOUND, async (tx) => {
      tx.stage([insertion, insertion]);
    });
    await expect(deciding).rejects.toThrow("b is staged to insert, and then to insert");
  });
});

describe("what is committed once", () => {
  it("stands if nobody else has written since, and else is left", async () => {
    const { store, memory, intrude } = await begun();
    const change = replacing(await memory.read("a"), "mine");
    expect(await commitOnce(store, [change])).toBe(true);
    const late = replacing(await memory.read("a"), "late");
    await intrude();
    expect(await commitOnce(store, [late])).toBe(false);
    expect(await memory.read("a")).toMatchObject({ body: "intruder" });
  });
});

describe("more than a transaction takes", () => {
  it("is a bug that is thrown before anything is written, above 100 rows", async () => {
    const { store, commits } = await begun();
    const deciding = transact(store, BOUND, inserting(101, 0));
    await expect(deciding).rejects.toThrow("101 changes are staged; a transaction takes 100");
    expect(commits).toEqual([]);
    await transact(store, BOUND, inserting(100, 0));
    expect(commits).toHaveLength(1);
  });

  it("is found out before, and can be taken back", async () => {
    const { store, commits } = await begun();
    const fits = await transact(store, BOUND, async (tx) => {
      await inserting(100, 0)(tx);
      const before = tx.fits();
      await raise(tx);
      const after = tx.fits();
      tx.forget();
      return [before, after];
    });
    expect(fits).toEqual([true, false]);
    expect(commits).toEqual([]);
  });

  it("is the same above 4 MiB, a letter of three bytes counted as three", async () => {
    const { store, commits } = await begun();
    const body = "\u20ac".repeat(400_000);
    await expect(transact(store, BOUND, inserting(4, body))).rejects.toThrow(
      "4800008 bytes are staged; a transaction takes 4194304",
    );
    expect(commits).toEqual([]);
    await transact(store, BOUND, inserting(3, body));
    expect(commits).toHaveLength(1);
  });
});
