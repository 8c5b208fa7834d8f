import * as fc from "fast-check";
import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import { describe, expect, it } from "vitest";

import {
  behindKey,
  historyKey,
  hostnameKey,
  laneIn,
  machineKey,
  owedKey,
  sequenceKey,
} from "../../../shared/ledger/row/keys.ts";
import { FINAL_STATUSES } from "../../../shared/ledger/sequence/machine-action.ts";
import {
  askToCancel,
  claim,
  end,
  giveBack,
  loseAnswer,
  park,
  submit,
} from "../../../shared/ledger/sequence/moves.ts";
import { observe } from "../../../shared/ledger/sequence/progress.ts";
import {
  charactersOf,
  freesMachine,
  insertion,
  move,
  rowsOf,
  type RowChange,
  type Stored,
} from "../../../shared/ledger/sequence/rows.ts";
import {
  historyRows,
  isPast,
  labelHashOf,
  withHistory,
} from "../../../shared/ledger/sequence/history.ts";
import {
  isTerminal,
  owesResults,
  type SequenceRecord,
} from "../../../shared/ledger/sequence/sequence.ts";
import {
  A_NONCE,
  aClaimed,
  anActionOf,
  aSequence,
  aSubmitted,
  MACHINE_ID,
  SEQUENCE_ID,
  START_MS,
  type CommandReads,
} from "../a-sequence.ts";

/**
 * The rows of a ledger with one sequence in it; a change that does not fit what is there throws.
 */
function apply(rows: Map<string, unknown>, changes: readonly RowChange[]): void {
  for (const change of changes) {
    if (change.op !== "upsert" && rows.has(change.key) === (change.op === "insert")) {
      throw new Error(
        `${change.op} of ${change.key}, which is ${change.op === "insert" ? "" : "not "}there`,
      );
    }
    if (change.op === "delete") rows.delete(change.key);
    else rows.set(change.key, change.body);
  }
}

const stored = (value: SequenceRecord): Stored<SequenceRecord> => ({ value, etag: "e" });

const places = fc.oneof(
  fc.constant({ kind: "ready" } as const),
  fc.constant({ kind: "behind" } as const),
  fc.nat(3).map((hours) => ({ kind: "later", dueAtMs: START_MS + hours * 3_600_000 }) as const),
);
const reads = fc.oneof(
  { weight: 5, arbitrary: fc.constant<CommandReads>("completed") },
  { weight: 3, arbitrary: fc.constantFrom<CommandReads>("created", "running", "failed") },
);

const CAUSE = { code: "x", detail: "y" };

type Change = (record: SequenceRecord, nowMs: number) => SequenceRecord;
const offline = (nowMs: number) => ({ parkUntilMs: nowMs + 1_000, patienceMs: 900_000 });

const endings = fc
  .constantFrom("expired", "refused", "cancelled", "failed")
  .map<Change>((state) => (record, nowMs) => end(record, state, CAUSE, nowMs));
const cancels = fc
  .constantFrom("asked", "offline")
  .map<Change>((why) => (record, nowMs) => askToCancel(record, { by: "a", why }, nowMs));
const conclusions = fc
  .tuple(fc.constantFrom(...FINAL_STATUSES), fc.array(reads, { maxLength: 3 }))
  .map<Change>(
    ([status, commands]) =>
      (record, nowMs) =>
        conclude(record, anActionOf(record, status, commands), nowMs, offline(nowMs)),
  );

const running = (record: SequenceRecord) => anActionOf(record, "InProgress");

function fetched(record: SequenceRecord): SequenceRecord {
  const results = record.results.map((each) => ({ ...each, state: "stored" as const }));
  return { ...record, results };
}

/**
 * One change of a record, as the workflows make them; one that is not legal then leaves it as it
 * is.
 */
const changes: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Change>((record, nowMs) => claim(record, nowMs, A_NONCE)) },
  { weight: 12, arbitrary: fc.constant<Change>((record, nowMs) => submit(record, "a-1", nowMs)) },
  { weight: 4, arbitrary: fc.constant<Change>((record) => loseAnswer(record)) },
  {
    weight: 1,
    arbitrary: places.map<Change>((place) => (record) => giveBack(record, place, null)),
  },
  { weight: 3, arbitrary: places.map<Change>((place) => (record) => park(record, place, null)) },
  { weight: 1, arbitrary: endings },
  { weight: 1, arbitrary: cancels },
  { weight: 1, arbitrary: fc.constant<Change>((record) => observe(record, running(record))) },
  { weight: 12, arbitrary: conclusions },
  { weight: 3, arbitrary: fc.constant<Change>(fetched) },
);

function changed(record: SequenceRecord, change: Change, nowMs: number): SequenceRecord {
  try {
    return change(record, nowMs);
  } catch {
    return record;
  }
}

const PARTS: SequenceRecord["parts"] = [
  [{ type: "GetFile", path: "C:\\a" }],
  [
    { type: "PutFile", fileName: "b.exe" },
    { type: "RunScript", scriptName: "b.ps1", args: "-x" },
  ],
];

describe("the rows of a sequence", () => {
  it("are always its record and what follows from it, whatever it goes through", () => {
    const states = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(changes, { minLength: 5, maxLength: 60 }), (history) => {
        let record = aSequence({ parts: PARTS });
        const rows = new Map<string, unknown>();
        apply(rows, insertion(record));
        for (const [index, change] of history.entries()) {
          const after = changed(record, change, START_MS + index);
          apply(rows, move(stored(record), after, "lease"));
          record = withHistory(after);
          const derived = [...rowsOf(record).keys()];
          if (record.inHistory) derived.push(...historyRows(record).map(({ key }) => key));
          expect([...rows.keys()].sort()).toEqual([sequenceKey(SEQUENCE_ID), ...derived].sort());
          expect(record.inHistory || !isPast(record)).toBe(true);
          expect(rows.get(sequenceKey(SEQUENCE_ID))).toEqual(record);
        }
        states.set(record.state, (states.get(record.state) ?? 0) + 1);
      }),
      { numRuns: 1_000 },
    );
    // The histories above end everywhere, or they would show little.
    expect(states.size).toBe(10);
  });

  it.each([
    ["waits", aSequence(), 1, false, false],
    ["waits behind another", aSequence({ place: { kind: "behind" } }), 1, false, false],
    ["is claimed", aClaimed(), 0, true, false],
    ["is unconfirmed", aClaimed({ state: "unconfirmed" }), 0, true, false],
    ["is submitted", aSubmitted(), 0, true, false],
    ["waits with its second part", aSequence({ part: 1 }), 1, true, false],
    ["is over", aSubmitted({ state: "succeeded" }), 0, false, false],
  ])("that %s are as many as it takes", (_, record, indexes, lease, owed) => {
    const keys = [...rowsOf(record).keys()];
    expect(keys.filter((key) => /^(ready|later|behind)!/.test(key))).toHaveLength(indexes);
    expect(keys.includes(machineKey(MACHINE_ID))).toBe(lease);
    expect(keys.includes(owedKey(SEQUENCE_ID))).toBe(owed);
  });

  it("say for which machine it waits and until when, and who holds a machine", () => {
    const waiting = aSequence();
    const { machineId, machineName, expiresAtMs, acceptedAtMs } = waiting;
    const index = { v: 1, machineId, machineName, expiresAtMs };
    expect([...rowsOf(waiting).values()]).toEqual([{ ...index, readyAtMs: acceptedAtMs }]);
    const anew = aSequence({ readyAtMs: START_MS + 1 });
    expect([...rowsOf(anew).values()]).toEqual([{ ...index, readyAtMs: START_MS + 1 }]);
    const later = aSequence({ place: { kind: "later", dueAtMs: START_MS }, readyAtMs: START_MS });
    expect([...rowsOf(later).values()]).toEqual([index]);
    const lease = { v: 1, sequenceId: SEQUENCE_ID, waiters: false };
    expect(rowsOf(aClaimed()).get(machineKey(MACHINE_ID))).toEqual(lease);
  });

  it("put retries of offline machines behind all others, in the order of their own lanes", () => {
    const reason = { code: "offline", sinceMs: START_MS, times: 1 } as const;
    const ranked = [
      aSequence({ lane: 3, pass: 900, sequenceId: "sweep" }),
      aSequence({ lane: 0, pass: 90, sequenceId: "urgentRetry", reason }),
      aSequence({ lane: 1, pass: 8, sequenceId: "incidentRetry", reason }),
      aSequence({ lane: 1, pass: 9, sequenceId: "laterRetry", reason }),
      aSequence({ lane: 3, pass: 1, sequenceId: "sweepRetry", reason }),
    ];
    const keys = ranked.map((each) => [...rowsOf(each).keys()][0] ?? "");
    expect(keys.toSorted()).toEqual(keys);
    expect(keys.map((key) => laneIn(key))).toEqual([3, 4, 4, 4, 4]);
  });

  it("hold the note of owed results until the last is stored or given up", () => {
    const done = conclude(
      aSubmitted(),
      anActionOf(aSubmitted(), "Failed"),
      START_MS + 9,
      offline(START_MS + 9),
    );
    const over = conclude(
      aSubmitted(),
      anActionOf(aSubmitted(), "Succeeded", []),
      START_MS,
      offline(0),
    );
    expect(owesResults(done)).toBe(false);
    expect(rowsOf(over).get(owedKey(SEQUENCE_ID))).toEqual({
      v: 1,
      dueAtMs: START_MS,
      detail: null,
    });
    const [first, ...others] = over.results;
    if (first === undefined) throw new Error("nothing owed");
    const results = [{ ...first, state: "stored" as const }, ...others];
    expect(rowsOf({ ...over, results }).has(owedKey(SEQUENCE_ID))).toBe(true);
    const gone = [{ ...first, state: "unavailable" as const }];
    expect(rowsOf({ ...over, results: gone }).has(owedKey(SEQUENCE_ID))).toBe(false);
  });
});

describe("the history of a machine", () => {
  it("gets a sequence with its first claim, once, and with its name", () => {
    const waiting = aSequence({ machineName: "PC-7.Contoso.com" });
    const claimed = claim(waiting, START_MS, A_NONCE);
    const added = move(stored(waiting), claimed).filter(({ op }) => op === "upsert");
    expect(added.map(({ key }) => key)).toEqual([
      historyKey(MACHINE_ID, waiting.acceptedAtMs, SEQUENCE_ID),
      hostnameKey(labelHashOf("pc-7"), MACHINE_ID),
    ]);
    const later = move(stored(withHistory(claimed)), submit(claimed, "a-1", START_MS));
    expect(later.filter(({ op }) => op === "upsert")).toEqual([]);
  });

  it("gets one that ends in the line, and one that an older version has claimed", () => {
    const waiting = aSequence({ machineName: null });
    const over = end(waiting, "cancelled", CAUSE, START_MS);
    const key = historyKey(MACHINE_ID, waiting.acceptedAtMs, SEQUENCE_ID);
    expect(move(stored(waiting), over)).toContainEqual({
      op: "upsert",
      key,
      body: { v: 1, machineName: null },
    });
    const older = aSubmitted({ inHistory: false });
    const keys = move(stored(older), end(older, "expired", CAUSE, 1), "l").map((each) => each.key);
    expect(keys).toContain(key);
  });

  it("does not have what only waits", () => {
    const parked = park(aSequence(), { kind: "later", dueAtMs: START_MS + 1 }, null);
    expect(move(stored(aSequence()), parked).filter(({ op }) => op === "upsert")).toEqual([]);
  });
});

describe("the size of a transaction", () => {
  it("is that of the bodies it writes", () => {
    const key = sequenceKey(SEQUENCE_ID);
    const insert = { op: "insert", key, body: { a: "xx" } } as const;
    const replace = { op: "replace", key, body: [1], etag: "e" } as const;
    expect(charactersOf([insert, replace, { op: "delete", key, etag: "e" }])).toBe(13);
  });
});

describe("a move", () => {
  it("guards the record by its own version, and a lease that ends by the lease's", () => {
    const changes = move(stored(aSubmitted()), end(aSubmitted(), "expired", CAUSE, 1), "lease-7");
    expect(changes).toContainEqual(
      expect.objectContaining({ op: "replace", key: sequenceKey(SEQUENCE_ID), etag: "e" }),
    );
    expect(changes).toContainEqual({ op: "delete", key: machineKey(MACHINE_ID), etag: "lease-7" });
  });

  it("that ends a lease nobody has read throws", () => {
    expect(() => move(stored(aSubmitted()), end(aSubmitted(), "expired", CAUSE, 1))).toThrow(
      "its lease was not read",
    );
  });

  it("frees the machine only when no part is left to run on it", () => {
    const first = aSubmitted({ parts: PARTS });
    const next = conclude(
      first,
      anActionOf(first, "Succeeded", ["completed"]),
      START_MS,
      offline(0),
    );
    expect(freesMachine(first, next)).toBe(false);
    expect(isTerminal(next)).toBe(false);
    expect(freesMachine(next, end(next, "cancelled", CAUSE, 1))).toBe(true);
    expect(freesMachine(aSequence(), aClaimed())).toBe(false);
  });

  it("from the line behind a machine to the front leaves no row in the line", () => {
    const behind = aSequence({ place: { kind: "behind" } });
    const changes = move(stored(behind), park(behind, { kind: "ready" }, null));
    const key = behindKey(MACHINE_ID, 1, 7, SEQUENCE_ID);
    expect(changes).toContainEqual({ op: "delete", key, etag: "*" });
    expect(changes).toHaveLength(3);
  });
});
