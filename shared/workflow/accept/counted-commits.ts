import type { Counts } from "../../ledger/run/accepted.ts";
import { CAPS_KEY } from "../../ledger/row/keys.ts";
import {
  CHANGES_MAX,
  CHARACTERS_MAX,
  charactersOf,
  type RowChange,
} from "../../ledger/sequence/rows.ts";
import type { OverCap } from "../../access/caps.ts";
import type { CommitOutcome, Ports } from "../../ports.ts";
import { Contended } from "../../store/contended.ts";
import {
  countMachines,
  countsChange,
  loadCounts,
  loadReadableCounts,
  type NewMachines,
} from "./daily-counts.ts";
import type { MaybeStored } from "../../store/load.ts";

type CountingPorts = Pick<Ports, "ledger" | "clock" | "random">;

/** What one request writes, all or nothing, and the machines it brings. */
export interface CountedWrite {
  readonly changes: readonly RowChange[];
  readonly machines: NewMachines;
}

/** As for a commit of the ledger; or nothing was written, for a cap is in the way. */
export type CountedOutcome = CommitOutcome | ({ readonly kind: "overCap" } & OverCap);

/**
 * Commits that count machines against the caps of the day. All requests write the one row of the
 * counts. So those of one process do not race for it: what comes while a transaction is under way
 * waits for its end, and then shares the next one. Throws as the ledger does. A loop of its own and
 * no `transact`: a try is made of what many requests bring, each has an answer of its own, and one
 * that is in the way leaves while the others go on.
 */
export interface CountedCommits {
  /**
   * Reads the counts if this process does not know them. After it the ledger has answered, so the
   * clock of the service may be asked.
   */
  prepare(): Promise<void>;
  /** Throws `SetAside` if the counts cannot be read: then no cap can be judged. */
  commit(write: CountedWrite): Promise<CountedOutcome>;
}

interface Waiting extends CountedWrite {
  readonly characters: number;
  answer(outcome: CountedOutcome): void;
  fail(error: unknown): void;
}

/** Each try is lost to another host that has counted meanwhile; there are few hosts. */
const TRIES = 60;
const JITTER_MS = 50;
/** A transaction that is not answered for so long holds up no other. */
const HANGS_MS = 10_000;

/** One for each process. */
export function createCountedCommits(ports: CountingPorts): CountedCommits {
  const { clock } = ports;
  const waiting: Waiting[] = [];
  let counts: MaybeStored<Counts> | null = null;
  /** Who commits now, and since when its present transaction is under way. */
  let committer: { beganAtMs: number } | null = null;

  /** Commits what waits, until nothing does or another has taken over. */
  const serve = async (): Promise<void> => {
    const own = { beganAtMs: clock.monotonicMs() };
    committer = own;
    while (waiting.length > 0) {
      own.beganAtMs = clock.monotonicMs();
      const after = await commitTogether(ports, taken(waiting), counts);
      if (committer !== own) return;
      counts = after;
    }
    committer = null;
  };
  const isFree = (): boolean =>
    committer === null || clock.monotonicMs() - committer.beganAtMs > HANGS_MS;
  let reading: Promise<void> | null = null;
  const read = async (): Promise<void> => {
    const found = await loadReadableCounts(ports.ledger);
    counts ??= found;
  };
  return {
    prepare: async () => {
      if (counts !== null) return;
      reading ??= read().finally(() => {
        reading = null;
      });
      await reading;
    },
    commit: async ({ changes, machines }) =>
      await new Promise((answer, fail) => {
        waiting.push({ changes, machines, characters: charactersOf(changes), answer, fail });
        if (isFree()) void serve();
      }),
  };
}

/** The first that wait, as many as share a transaction with the counts; always one. */
function taken(waiting: Waiting[]): readonly Waiting[] {
  const keys = new Set([CAPS_KEY]);
  let characters = 0;
  let together = 0;
  for (const next of waiting) {
    characters += next.characters;
    const isFull =
      keys.size + next.changes.length > CHANGES_MAX ||
      characters > CHARACTERS_MAX ||
      next.changes.some(({ key }) => keys.has(key));
    if (together > 0 && isFull) break;
    for (const { key } of next.changes) keys.add(key);
    together += 1;
  }
  return waiting.splice(0, together);
}

/**
 * Answers every write, and gives the counts as they stand then; null if nobody knows. `known` is
 * what the last transaction left: only a guess, which the ETag finds out.
 */
async function commitTogether(
  ports: CountingPorts,
  writes: readonly Waiting[],
  known: MaybeStored<Counts> | null,
): Promise<MaybeStored<Counts> | null> {
  let state: Progress = { left: writes, counts: known };
  try {
    for (let tries = 0; tries < TRIES && state.left.length > 0; tries += 1) {
      if (tries > 1) await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
      state = await tryCommit(ports, state);
    }
  } catch (error) {
    for (const each of state.left) each.fail(error);
    return null;
  }
  for (const each of state.left)
    each.fail(new Contended("the counts of the day: others kept writing them"));
  return state.counts;
}

/** The writes without an answer yet, and the counts as last seen; null if they have to be read. */
interface Progress {
  readonly left: readonly Waiting[];
  readonly counts: MaybeStored<Counts> | null;
}

async function tryCommit(ports: CountingPorts, { left, counts }: Progress): Promise<Progress> {
  const stored = counts ?? (await loadCounts(ports.ledger));
  const { fitting, over, after } = counted(left, stored.value, ports.clock.earliest());
  // Nobody is refused for a guess.
  if (over.length > 0 && counts !== null) return { left, counts: null };
  for (const { write, cap } of over) write.answer({ kind: "overCap", ...cap });
  if (fitting.length === 0) return { left: [], counts: stored };
  const changes = fitting.flatMap((each) => each.changes);
  const outcome = await ports.ledger.commit([...changes, countsChange(stored, after)]);
  if (outcome.kind === "committed") {
    for (const each of fitting) each.answer(outcome);
    const etag = outcome.etags.get(CAPS_KEY) ?? null;
    return { left: [], counts: etag === null ? null : { value: after, etag } };
  }
  if (outcome.key === CAPS_KEY) return { left: fitting, counts: null };
  // Whose row stood in the way has lost; if that is not known, all look again at what stands.
  const isLost = ({ changes: own }: Waiting) =>
    outcome.key === null || own.some(({ key }) => key === outcome.key);
  for (const each of fitting.filter(isLost)) each.answer(outcome);
  return { left: fitting.filter((each) => !isLost(each)), counts: stored };
}

interface Counted {
  readonly fitting: readonly Waiting[];
  readonly over: readonly { readonly write: Waiting; readonly cap: OverCap }[];
  readonly after: Counts;
}

/** One after the other, in the order they came. */
function counted(writes: readonly Waiting[], before: Counts, nowMs: number): Counted {
  const fitting: Waiting[] = [];
  const over: { write: Waiting; cap: OverCap }[] = [];
  let after = before;
  for (const write of writes) {
    const count = countMachines(after, write.machines, nowMs);
    if (count.kind === "overCap") over.push({ write, cap: count.over });
    else {
      fitting.push(write);
      after = count.counts;
    }
  }
  return { fitting, over, after };
}
