import { isOfTeam, type RunRecord } from "../ledger/run/run.ts";
import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import { mayDo } from "./authorize.ts";
import { teamOf, type Caller } from "./caller.ts";

/** How far the rights of a caller reach into a run that they reach. */
export interface Reach {
  /** The caller's name. */
  readonly by: string;
  /** True for a sequence with a profile that the caller may use. */
  readonly covers: (record: Pick<SequenceRecord, "profile">) => boolean;
  /** True if it may see what scripts wrote, which is evidence. */
  readonly seesOutput: boolean;
}

/**
 * How far the rights of `caller` reach into a run; null if they do not reach it, because it is of
 * another team or of a source that the caller may not use. Then the run is as if it did not exist.
 */
export function reachInto(caller: Caller, run: Pick<RunRecord, "team" | "source">): Reach | null {
  const { name, all, sources, profiles, may } = caller;
  if (!all && !isOfTeam(run, teamOf(caller))) return null;
  if (!sources.includes(run.source)) return null;
  return {
    by: name,
    covers: ({ profile }) => profiles === null || profiles.includes(profile.name),
    seesOutput: may.includes("evidence.read"),
  };
}

/**
 * The callers who may approve what waits, by name: whoever asked for any of it may not. A token can
 * show later that two of them are one person.
 */
export function approversOf(
  callers: readonly Caller[],
  run: Pick<RunRecord, "team" | "source" | "approval">,
  plan: readonly Pick<SequenceRecord, "profile">[],
): string[] {
  const asked = new Set(run.approval?.requesters.map(({ by }) => by));
  return callers
    .filter((caller) => !asked.has(caller.name) && mayApprove(caller, run, plan))
    .map(({ name }) => name);
}

/** True if `caller` may approve these sequences of the run: all of them, or none. */
export function mayApprove(
  caller: Caller,
  run: Pick<RunRecord, "team" | "source">,
  plan: readonly Pick<SequenceRecord, "profile">[],
): boolean {
  const reach = reachInto(caller, run);
  return reach !== null && mayDo(caller, "run.approve") && plan.every(reach.covers);
}
