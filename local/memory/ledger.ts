import { bodyText } from "../../shared/azure/entity.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger, Row } from "../../shared/ports.ts";

/** The limits of the Table service, as the ledger in Azure has them. */
const CHANGES_MAX = 100;
const ROWS_MAX = 1_000;
const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
const KEY_CHARACTERS_MAX = 512;
const FORBIDDEN_IN_KEYS = /[/\\#?\p{Cc}]/u;

/** A ledger that can be looked at whole, at once: for the invariants of a simulation. */
export interface MemoryLedger extends Ledger {
  /** All rows, in key order; frozen, like everything this ledger gives. */
  rows(): Row[];
}

interface StoredRow {
  readonly text: string;
  readonly etag: string;
  /** The text read, once somebody has asked for it; frozen, for all readers share it. */
  body?: unknown;
}

/**
 * One partition of a table, in memory: a commit is all or nothing and happens in the instant it is
 * called. Throws where the Table service refuses: more than 100 changes, a key twice, a body above
 * 450,000 characters, a bad key.
 */
export function createMemoryLedger(): MemoryLedger {
  const stored = new Map<string, StoredRow>();
  const keys: string[] = [];
  let writes = 0;
  const rowAt = (key: string): Row | null => {
    const row = stored.get(key);
    if (row === undefined) return null;
    row.body ??= frozen(JSON.parse(row.text));
    return { key, body: row.body, etag: row.etag };
  };
  const put = (key: string, text: string): string => {
    if (!stored.has(key)) keys.splice(positionOf(keys, key), 0, key);
    writes += 1;
    const etag = `W/"memory'${writes}'"`;
    stored.set(key, { text, etag });
    return etag;
  };
  const remove = (key: string): void => {
    keys.splice(positionOf(keys, key), 1);
    stored.delete(key);
  };
  const rowsOf = (some: readonly string[]): Row[] =>
    some.map(rowAt).filter((row): row is Row => row !== null);
  return {
    read: async (key) => rowAt(key),
    list: async (from, before, limit) => {
      checkLimit(limit);
      const start = positionOf(keys, from);
      return rowsOf(keys.slice(start, Math.min(positionOf(keys, before), start + limit)));
    },
    commit: async (changes) => {
      const texts = checkedTexts(changes);
      const conflict = firstConflict(changes, stored);
      if (conflict !== null) return conflict;
      const etags = new Map<string, string>();
      for (const change of changes) {
        if (change.op === "delete") remove(change.key);
        else etags.set(change.key, put(change.key, texts.get(change.key) ?? ""));
      }
      return { kind: "committed", etags };
    },
    rows: () => rowsOf(keys),
  };
}

function firstConflict(
  changes: readonly RowChange[],
  stored: ReadonlyMap<string, StoredRow>,
): CommitOutcome | null {
  for (const change of changes) {
    const why = conflictOf(change, stored.get(change.key));
    if (why !== null) return { kind: "conflict", key: change.key, why };
  }
  return null;
}

function conflictOf(
  change: RowChange,
  row: StoredRow | undefined,
): "exists" | "changed" | "absent" | null {
  if (change.op === "insert") return row === undefined ? null : "exists";
  if (change.op === "upsert") return null;
  if (row === undefined) return "absent";
  return change.etag === "*" || change.etag === row.etag ? null : "changed";
}

/**
 * The bodies as text, by key. Throws for a transaction that the service would refuse as malformed.
 */
function checkedTexts(changes: readonly RowChange[]): ReadonlyMap<string, string> {
  if (changes.length === 0 || changes.length > CHANGES_MAX) {
    throw new Error(`a commit of ${changes.length} changes; it takes 1 to ${CHANGES_MAX}`);
  }
  const texts = new Map<string, string>();
  let bytes = 0;
  for (const change of changes) {
    const text = change.op === "delete" ? "" : bodyText(change.body);
    checkKey(change.key);
    if (texts.has(change.key)) throw new Error(`${change.key} stands twice in a commit`);
    if ("etag" in change && change.etag === "") {
      throw new Error(`no ETag to change ${change.key} with`);
    }
    texts.set(change.key, text);
    bytes += Buffer.byteLength(text);
  }
  if (bytes > TRANSACTION_BYTES_MAX) throw new Error(`a commit of ${bytes} bytes is too big`);
  return texts;
}

function checkKey(key: string): void {
  if (key.length > KEY_CHARACTERS_MAX || FORBIDDEN_IN_KEYS.test(key)) {
    throw new Error(`not a key of the Table service: ${key}`);
  }
}

function checkLimit(limit: number): void {
  if (!(limit >= 1 && limit <= ROWS_MAX)) {
    throw new Error(`a list of ${limit} rows; it takes 1 to ${ROWS_MAX}`);
  }
}

/** Where `key` stands in the sorted `keys`, or would. */
function positionOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same value, which nobody can change from now on. */
function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
