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
import { takingTurns } from "../../store/taking-turns.ts";

type CountingPorts = Pick<Ports, "ledger" | "clock" | "random">;

/** What one request writes, all or nothing, and the machines it brings. */
export interface CountedWrite {
  readonly changes: readonly RowChange[];
  readonly machines: NewMachines;
}

/** Like a commit of the ledger; or nothing was written, because of a cap. */
export type CountedOutcome = CommitOutcome | ({ readonly kind: "overCap" } & OverCap);

/**
 * Commits that count machines against the caps of the day. All requests write the one row of the
 * counts, so the requests of one process take turns. Throws as the ledger does. It has its own loop
 * instead of `transact`: one try carries the changes of many requests, each gets its own answer,
 * and one that causes a conflict leaves while the others go on.
 */
export interface CountedCommits {
  /**
   * The counts as this process knows them; it reads them if it does not. They may be old; null if
   * they cannot be read. Afterwards the ledger has answered, so the service's clock can be asked.
   */
  prepare(): Promise<Counts | null>;
  /** Throws `SetAside` if the counts cannot be read, because then no cap can be judged. */
  commit(write: CountedWrite): Promise<CountedOutcome>;
}

interface Waiting extends CountedWrite {
  readonly characters: number;
  answer(outcome: CountedOutcome): void;
  fail(error: unknown): void;
}

/** A try loses only if another host has counted meanwhile; there are few hosts. */
const TRIES = 60;
const JITTER_MS = 50;

/** One for each process. */
export function createCountedCommits(ports: CountingPorts): CountedCommits {
  const turns = takingTurns<Waiting, MaybeStored<Counts>>(
    ports.clock,
    taken,
    async (writes, known) => await commitTogether(ports, writes, known),
  );
  const known = (): Counts | null => turns.known()?.value ?? null;
  let reading: Promise<void> | null = null;
  const read = async (): Promise<void> => turns.learn(await loadReadableCounts(ports.ledger));
  return {
    prepare: async () => {
      if (known() === null) {
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      }
      return known();
    },
    commit: async ({ changes, machines }) =>
      await new Promise((answer, fail) => {
        turns.add({ changes, machines, characters: charactersOf(changes), answer, fail });
      }),
  };
}

/** The first that wait, as many as fit into a transaction with the counts; at least one. */
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
 * Answers every write, and returns the counts after it; null if they are not known. `known` is what
 * the last transaction left. It is a guess: if it is old, its ETag makes the commit lose.
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
  // The counts may be old; nobody is refused before they have been read again.
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
  // The write whose row had a conflict has lost. If that row is not known, all of them read again.
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
