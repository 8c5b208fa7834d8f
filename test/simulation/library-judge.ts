import { z } from "zod";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { filesOf } from "../../shared/plan/command/library-files.ts";
import type { Court } from "./invariants.ts";
import { hashAt, PINS } from "./library.ts";
import type { Scenario } from "./scenario.ts";
import { endOf, type TenantAction } from "./tenant-action.ts";

const budgetSchema = z.object({
  library: z.object({ ended: z.array(z.string()) }).nullish(),
});

/** Hosts know the clock of the ledger by an interval, and a list takes some seconds. */
const CLOCKS_MS = 10_000;

/** Whether only pinned files are run, and whether a change while one runs is noted. */
export interface LibraryJudge {
  moved(before: SequenceRecord | null, after: SequenceRecord): void;
  /** A list of the library was given. */
  listed(nowMs: number): void;
  /** The budget was written. */
  noted(budget: unknown): void;
  /** True while a sequence has ended, and no list was given since: its files may have changed. */
  owesList(nowMs: number): boolean;
  aftermath(actions: readonly TenantAction[], records: readonly SequenceRecord[]): void;
}

export function createLibraryJudge(
  court: Court,
  { library }: Pick<Scenario, "library">,
  startMs: number,
): LibraryJudge {
  let listedAtMs = 0;
  let ended = 0;
  /** The times in the span at which the file may be another one: its beginning, and each change. */
  const timesIn = (name: string, fromMs: number, untilMs: number): number[] => {
    const changes = (library?.changes ?? []).filter((each) => {
      const atMs = startMs + each.atMs;
      return each.name === name && atMs > fromMs && atMs <= untilMs;
    });
    return [fromMs, ...changes.map(({ atMs }) => startMs + atMs)];
  };
  const wasPinned = (name: string, atMs: number) =>
    hashAt(library, name, atMs - startMs) === PINS.get(name);
  return {
    moved: (before, after) => {
      if (library === null || after.state !== "claimed" || before?.state === "claimed") return;
      const atMs = after.claimedAtMs ?? 0;
      for (const name of filesOf(after.parts[after.part] ?? [])) {
        const times = timesIn(name, atMs - library.ageMs - CLOCKS_MS, atMs + CLOCKS_MS);
        if (times.some((each) => wasPinned(name, each))) continue;
        court.fail("library", `${after.sequenceId} is claimed with ${name}, which is another`);
      }
    },
    listed: (nowMs) => {
      listedAtMs = nowMs;
    },
    noted: (budget) => {
      ended = budgetSchema.parse(budget).library?.ended.length ?? 0;
    },
    owesList: (nowMs) => {
      const [, untilMs] = library?.silent ?? [0, 0];
      return library !== null && ended > 0 && nowMs >= startMs + untilMs;
    },
    aftermath: (actions, records) => {
      if (library === null) return;
      for (const action of actions.filter(({ ours }) => ours)) {
        const endMs = endOf(action).atMs;
        const changed = filesOf(action.commands).filter((name) => {
          return timesIn(name, action.createdAtMs, endMs).length > 1;
        });
        if (changed.length === 0 || listedAtMs < endMs + CLOCKS_MS) continue;
        const claim = records
          .flatMap(({ claims }) => claims)
          .find(({ actionId }) => actionId === action.id);
        if (claim === undefined || claim.files === null || claim.files.changedAtMs !== null)
          continue;
        court.fail("library", `nothing says that ${changed.join()} changed under ${action.id}`);
      }
    },
  };
}
