import { z } from "zod";
import type { OutcomeCode } from "../../advice/outcomes.ts";
import { rowObject } from "../row/row-object.ts";
import { scriptFailed } from "../sequence/progress.ts";
import { isFinished, SEQUENCE_STATES, type SequenceRecord } from "../sequence/sequence.ts";

const count = z.number().int().nonnegative();

/** The sequence that failed last in this way, so that somebody knows where to look. */
const lastSchema = rowObject({
  sequenceId: z.string(),
  machineId: z.string(),
  machineName: z.string().nullable(),
});
export type LastFailed = z.infer<typeof lastSchema>;

const end = { state: z.enum(SEQUENCE_STATES), code: z.string().nullable(), count };
const endsSchema = z.array(rowObject({ ...end, last: lastSchema.optional() }));

/**
 * The sequences of a run, counted for each profile: how many were accepted, and how those that are
 * finished ended. `code` is that of the outcome; null if there is nothing to say. `mended` are
 * those in `ended` that a retry has made good; it is missing if there is none. `last` is missing for
 * those that succeeded or were cancelled.
 */
export const tallySchema = z.array(
  rowObject({
    profile: z.string(),
    accepted: count,
    ended: endsSchema,
    mended: z.array(rowObject(end)).optional(),
  }),
);
export type Tally = z.infer<typeof tallySchema>;
type Ends = z.infer<typeof endsSchema>;
type End = Pick<Ends[number], "state" | "code">;

/** The code of a sequence whose commands completed, but whose script failed by its own result. */
const SCRIPT_FAILED: OutcomeCode = "scriptFailed";

/** The tally after these sequences joined the run; null stays null, because it is not known. */
export function withAccepted(
  tally: Tally | null,
  joined: readonly Pick<SequenceRecord, "profile">[],
): Tally | null {
  if (tally === null) return null;
  const counted = new Map(tally.map((each) => [each.profile, each]));
  for (const { profile } of joined) {
    const known = counted.get(profile.name) ?? { profile: profile.name, accepted: 0, ended: [] };
    counted.set(profile.name, { ...known, accepted: known.accepted + 1 });
  }
  return [...counted.values()];
}

/** The tally after a move of one sequence: it finished, or a result that came later says more. */
export function withMoved(
  tally: Tally | null,
  before: SequenceRecord,
  after: SequenceRecord,
): Tally | null {
  if (tally === null || !changesTally(before, after)) return tally;
  return tally.map((each) => {
    if (each.profile !== after.profile.name) return each;
    const ended = counted(counted(each.ended, before, -1), after, 1);
    return mendedTo(mendedTo({ ...each, ended }, before, -1), after, 1);
  });
}

/** True if the move changes what is counted. */
export function changesTally(before: SequenceRecord, after: SequenceRecord): boolean {
  const [old, next] = [endOf(before), endOf(after)];
  return old?.state !== next?.state || old?.code !== next?.code;
}

/** The tally of all sequences of a run. */
export function tallyOf(records: readonly SequenceRecord[]): Tally {
  const tally = withAccepted([], records) ?? [];
  return tally.map(({ profile, accepted }) => {
    const own = records.filter((each) => each.profile.name === profile);
    const ended = own
      .toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0))
      .reduce((ends: Ends, one) => counted(ends, one, 1), []);
    return own.reduce((of: Tally[number], one) => mendedTo(of, one, 1), {
      profile,
      accepted,
      ended,
    });
  });
}

/**
 * The tally of a run if it counts all its sequences; null if an older version of the app has
 * accepted or finished some of them.
 */
export function wholeTally(run: {
  readonly tally: Tally | null;
  readonly accepted: number;
  readonly open: number;
}): Tally | null {
  const { tally, accepted, open } = run;
  if (tally === null || sumOf(tally.map((each) => each.accepted)) !== accepted) return null;
  const finished = sumOf(tally.flatMap(({ ended }) => ended.map((each) => each.count)));
  return finished === accepted - open ? tally : null;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, each) => sum + each, 0);
}

/** How a sequence ended that is run again: without success, or with a script that failed. */
export function endBeforeRetry({ state, outcome }: SequenceRecord): End {
  return { state, code: state === "succeeded" ? SCRIPT_FAILED : (outcome?.code ?? null) };
}

/** Counts, or no longer counts, what this sequence has made good if it is a retry. */
function mendedTo(of: Tally[number], record: SequenceRecord, by: 1 | -1): Tally[number] {
  const end = endOf(record);
  const isWell = end?.state === "succeeded" && end.code === null;
  const ends = isWell ? (record.retry?.ends ?? []) : [];
  if (ends.length === 0) return of;
  return { ...of, mended: ends.reduce((all, each) => added(all, each, by), of.mended ?? []) };
}

/**
 * How many ended in each way, and no retry has made that good. If one has, nobody knows whether it
 * was the last of them.
 */
export function unmended({ ended, mended = [] }: Tally[number]): Ends {
  return ended.flatMap((each) => {
    const good = mended.find(({ state, code }) => state === each.state && code === each.code);
    if (good === undefined) return [each];
    const { last: _, ...others } = each;
    const left = each.count - good.count;
    return left > 0 ? [{ ...others, count: left }] : [];
  });
}

/** How a sequence ended; null while it is not finished. */
export function endOf(record: SequenceRecord): End | null {
  if (!isFinished(record)) return null;
  const { state, outcome, results } = record;
  if (state !== "succeeded") return { state, code: outcome?.code ?? null };
  const isFailed = results.some((each) => scriptFailed(each) === true);
  return { state, code: isFailed ? SCRIPT_FAILED : null };
}

/** The ends with one sequence more or less. */
function counted(ends: Ends, record: SequenceRecord, by: 1 | -1): Ends {
  const end = endOf(record);
  if (end === null || end.state === "cancelled") return added(ends, end, by);
  const isWell = end.state === "succeeded" && end.code === null;
  const { sequenceId, machineId, machineName } = record;
  const all = added(ends, end, by);
  const own = all.find(({ state, code }) => state === end.state && code === end.code);
  if (isWell || own === undefined) return all;
  const others = all.filter((each) => each !== own);
  if (by === 1) return [...others, { ...own, last: { sequenceId, machineId, machineName } }];
  const { last, ...unknown } = own;
  return last?.sequenceId === sequenceId ? [...others, unknown] : all;
}

function added(ends: Ends, end: End | null, by: 1 | -1): Ends {
  if (end === null) return ends;
  const isSame = (each: End) => each.state === end.state && each.code === end.code;
  const known = ends.find(isSame);
  const next = { ...known, state: end.state, code: end.code, count: (known?.count ?? 0) + by };
  const others = ends.filter((each) => !isSame(each));
  return next.count > 0 ? [...others, next] : others;
}
