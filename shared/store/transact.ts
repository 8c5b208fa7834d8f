import { CHANGES_MAX, type RowChange } from "../ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger, LedgerReads, Ports } from "../ports.ts";
import { Contended } from "./contended.ts";

/** What a transaction needs of the outside. */
export type Store = Pick<Ports, "ledger" | "clock" | "random">;

/** How often a transaction is tried, and how long it sleeps in between. */
export interface Bound {
  /** The rows that others keep writing, in words, for the error. */
  readonly what: string;
  readonly tries: number;
  /**
   * After one lost race it tries again at once, because the winner is done. After each further one
   * it sleeps for a random time, up to this for each race lost since, so that many writers do not
   * collide on the same row for ever.
   */
  readonly jitterMs: number;
  readonly jitterMaxMs: number;
}

/** For rows that a few hosts write, each a few times a second. */
export function usual(what: string): Bound {
  return { what, tries: 12, jitterMs: 100, jitterMaxMs: 400 };
}

/**
 * For a writer that must win against any number of others: each of them wins at most once a round.
 */
export function persistent(what: string): Bound {
  return { what, tries: 60, jitterMs: 50, jitterMaxMs: 1_000 };
}

/** For a writer that leaves it to the next poll if somebody else writes at the same time. */
export function once(what: string): Bound {
  return { what, tries: 1, jitterMs: 0, jitterMaxMs: 0 };
}

/**
 * One try: the present rows, and what to write. If a row is staged, a read gives the staged row. A
 * list shows the present rows.
 */
export interface Transaction extends LedgerReads {
  /**
   * Adds changes. A row that was staged before is written once, as the last change says, under the
   * ETag it was first read with. Throws where two changes of a row cannot be one.
   */
  stage(changes: readonly RowChange[]): void;
  /** True if this try writes the row. */
  writes(key: string): boolean;
  /** True if what is staged is no more than one transaction takes. */
  fits(): boolean;
  /** Takes back everything that was staged, for a caller that sees that it does not fit. */
  forget(): void;
  /** The conflict that ended the try before this one; null at the first try. */
  readonly lost: Conflict | null;
}

type Conflict = Extract<CommitOutcome, { kind: "conflict" }>;

/** What `decide` returns to decide again without a conflict. */
export const AGAIN = Symbol("again");

type Decide<T> = (tx: Transaction) => Promise<T | typeof AGAIN>;

export type Transacted<T> =
  /** `value` is what `decide` returned, `etags` those of the rows that were written. */
  | { readonly kind: "done"; readonly value: T; readonly etags: ReadonlyMap<string, string> }
  /** Others kept writing to the last try; nothing was written. */
  | { readonly kind: "contended" };

/**
 * The one way to write what was decided from rows. `decide` reads, stages changes and returns its
 * result; all changes are committed, or none. After a conflict it decides again from the present
 * rows. If another writer has already decided, it stages nothing, and its result is final. Throws
 * if more is staged than one transaction takes, and as the ledger does.
 */
export async function tryTransact<T>(
  { ledger, clock, random }: Store,
  bound: Bound,
  decide: Decide<T>,
): Promise<Transacted<T>> {
  let lost: Conflict | null = null;
  for (let attempt = 0; attempt < bound.tries; attempt += 1) {
    const jitterMs = Math.min(bound.jitterMs * (attempt - 1), bound.jitterMaxMs);
    if (jitterMs > 0) await clock.sleep(random.fraction() * jitterMs);
    const staged = new Map<string, RowChange>();
    const value = await decide(transactionOn(ledger, staged, lost));
    lost = null;
    if (value === AGAIN) continue;
    if (staged.size === 0) return { kind: "done", value, etags: new Map() };
    const changes = [...staged.values()];
    const outcome = await committed(ledger, changes);
    if (outcome.kind === "committed") return { kind: "done", value, etags: outcome.etags };
    lost = outcome;
  }
  return { kind: "contended" };
}

/** The same for callers that cannot handle losing. Throws `Contended` when the bound is over. */
export async function transact<T>(store: Store, bound: Bound, decide: Decide<T>): Promise<T> {
  const came = await tryTransact(store, bound, decide);
  if (came.kind === "done") return came.value;
  throw new Contended(`${bound.what}: others kept writing it`);
}

/**
 * Writes what was decided from rows that were read before. False if somebody else has written one
 * of them since; the next poll tries again.
 */
export async function commitOnce(
  { ledger }: Pick<Ports, "ledger">,
  changes: readonly RowChange[],
): Promise<boolean> {
  return (await committed(ledger, changes)).kind === "committed";
}

/** A caller that can have more than one transaction takes splits it before, so this is a bug. */
async function committed(ledger: Ledger, changes: readonly RowChange[]): Promise<CommitOutcome> {
  const excess = excessOf(changes);
  if (excess !== null) throw new Error(excess);
  return await ledger.commit(changes);
}

function transactionOn(
  ledger: Ledger,
  staged: Map<string, RowChange>,
  lost: Conflict | null,
): Transaction {
  return {
    read: async (key) => {
      const change = staged.get(key);
      if (change === undefined) return await ledger.read(key);
      if (change.op === "delete") return null;
      return { key, body: change.body, etag: etagOf(change) };
    },
    list: async (from, before, limit) => await ledger.list(from, before, limit),
    stage: (changes) => {
      for (const change of changes) {
        const one = asOne(staged.get(change.key), change);
        if (one === null) staged.delete(change.key);
        else staged.set(change.key, one);
      }
    },
    writes: (key) => staged.has(key),
    fits: () => excessOf([...staged.values()]) === null,
    forget: () => {
      staged.clear();
    },
    lost,
  };
}

/**
 * A row that one try writes twice: it was not there before, or it has the ETag of the first. Null
 * if it is gone before it was there.
 */
function asOne(first: RowChange | undefined, next: RowChange): RowChange | null {
  if (first === undefined) return next;
  if (first.op === "delete" || next.op === "insert") {
    throw new Error(`${next.key} is staged to ${first.op}, and then to ${next.op}`);
  }
  // Otherwise it was decided from another version, and would undo that version.
  if ("etag" in next && next.etag !== "*" && next.etag !== etagOf(first)) {
    throw new Error(`${next.key} is staged in two versions`);
  }
  if (next.op !== "delete") return { ...first, body: next.body };
  return first.op === "insert" ? null : { op: "delete", key: next.key, etag: etagOf(first) };
}

/** The ETag that a staged row is read with: none, as long as it is not there. */
function etagOf(change: RowChange): string {
  return change.op === "insert" ? "" : "etag" in change ? change.etag : "*";
}

/** What the Table service takes at once. */
const BYTES_MAX = 4 * 1024 * 1024;
/** So many of the largest bodies fit: 450,000 characters each, of 3 bytes at most. */
const ALWAYS_FIT = 3;

/** What is too much for one transaction; null if nothing is. */
function excessOf(changes: readonly RowChange[]): string | null {
  if (changes.length > CHANGES_MAX) {
    return `${changes.length} changes are staged; a transaction takes ${CHANGES_MAX}`;
  }
  if (changes.length <= ALWAYS_FIT) return null;
  const sizes = changes.map((each) =>
    each.op === "delete" ? 0 : Buffer.byteLength(JSON.stringify(each.body)),
  );
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  return bytes > BYTES_MAX ? `${bytes} bytes are staged; a transaction takes ${BYTES_MAX}` : null;
}
