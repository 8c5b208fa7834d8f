import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { msOf } from "../../shared/sweep/duration.ts";
import type { RoundRecord } from "../../shared/sweep/round.ts";
import { sweptSchema } from "../../shared/sweep/target.ts";
import type { Court } from "./invariants.ts";

/** Whether a sweep leaves out the machines that it has reached lately. */
export interface RecentJudge {
  moved(before: SequenceRecord | null, after: SequenceRecord): void;
  committed(changes: readonly RowChange[], rounds: readonly RoundRecord[]): void;
  /** True if the sweep has reached the machine since then, whoever knows it. */
  isReachedSince(name: string, machineId: string, sinceMs: number): boolean;
}

/** A machine that a sequence of a sweep has reached, and when its last result was written. */
interface Reached extends Pick<SequenceRecord, "sequenceId" | "machineId"> {
  readonly sweep: NonNullable<SequenceRecord["sweep"]>;
  readonly atMs: number;
  readonly writtenAtMs: number;
}

/** A round reads who was reached before it takes a machine in hand, within this time. */
const READ_BEFORE_MS = 5_000;
/** Bounds of the service's clock are this far apart at most. */
const CLOCKS_MS = 3_000;

/**
 * `mayStall` says that a host may stand still between what it reads and what it writes. Then only
 * those count that their round has counted, which no other round overlooks.
 */
export function createRecentJudge(
  court: Court,
  mayStall: boolean,
  nowMs: () => number,
): RecentJudge {
  const reached = new Map<string, Reached>();
  const rounds = new Map<string, RoundRecord>();
  /** The sequence that a machine was sent last, by the key of what became of it. */
  const last = new Map<string, string | null>();
  const of = (name: string, machineId: string): readonly Reached[] =>
    [...reached.values()].filter(
      (each) => each.sweep.name === name && each.machineId === machineId,
    );
  const isCounted = ({ sweep: { name, round, batch } }: Reached): boolean => {
    const row = rounds.get(`${name} ${round}`);
    return row !== undefined && !row.uncounted.includes(batch) && row.inHand.length === 0;
  };
  const isKnown = (each: Reached): boolean => {
    if (isCounted(each)) return true;
    const isLast = last.get(`swept!${each.sweep.name}!${each.machineId}`) === each.sequenceId;
    return isLast && !mayStall && each.writtenAtMs < nowMs() - READ_BEFORE_MS;
  };
  const judge = (round: RoundRecord): void => {
    const { name, number, inHand, definition } = round;
    const within = definition.targets.notCollectedWithin;
    if (within === undefined) return;
    const before = new Set(rounds.get(`${name} ${number}`)?.inHand.map((each) => each.machineId));
    const sinceMs = nowMs() - msOf(within) + CLOCKS_MS;
    for (const { machineId } of inHand) {
      if (before.has(machineId)) continue;
      const lately = of(name, machineId).find((each) => each.atMs >= sinceMs && isKnown(each));
      if (lately === undefined) continue;
      const ago = `${Math.round(nowMs() - lately.atMs)} ms after round ${lately.sweep.round}`;
      court.fail("recent", `round ${number} of ${name} asks ${machineId} again, ${ago}`);
    }
  };
  return {
    moved: (_, { sweep, sequenceId, machineId, state, endedAtMs, results }) => {
      if (sweep === null || state !== "succeeded" || reached.has(sequenceId)) return;
      if (results.some((each) => each.state === "owed")) return;
      const atMs = endedAtMs ?? 0;
      reached.set(sequenceId, { sequenceId, machineId, sweep, atMs, writtenAtMs: nowMs() });
    },
    committed: (changes, written) => {
      for (const round of written) {
        judge(round);
        rounds.set(`${round.name} ${round.number}`, round);
      }
      for (const change of changes) {
        if (change.op === "delete" || !change.key.startsWith("swept!")) continue;
        last.set(change.key, sweptSchema.parse(change.body).sequenceId);
      }
    },
    isReachedSince: (name, machineId, sinceMs) =>
      of(name, machineId).some(({ atMs }) => atMs >= sinceMs),
  };
}
