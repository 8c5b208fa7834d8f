import { z } from "zod";
import { instant } from "../row/instant.ts";
import { overKey } from "../row/keys.ts";
import { rowObject } from "../row/row-object.ts";
import type { RowChange } from "../sequence/rows.ts";
import { chainHeadSchema, type ChainHead } from "./chain-head.ts";

/** The last seal of a run: which one it is, its hash, and how much of the run it covers. */
export const runSealSchema = rowObject({
  number: z.number().int().min(1),
  /** The SHA-256 of the sealed statement, in hex. */
  hash: z.string(),
  atMs: instant,
  /** Sequences the run had accepted by then. */
  accepted: z.number().int(),
  /** The end of its custody chain by then. */
  custody: chainHeadSchema,
});
type RunSeal = z.infer<typeof runSealSchema>;

/** The note that a run is over and has to be sealed: its key says it all. */
export const overSchema = rowObject({ v: z.literal(1) });

/** One piece of the text of a seal; the pieces of one, in their order, are its statement. */
export const sealPieceSchema = rowObject({ v: z.literal(1), text: z.string() });

/** A run, as far as its seals depend on it. */
interface Sealable {
  readonly runId: string;
  readonly finishedAtMs: number | null;
  readonly accepted: number;
  readonly custody: ChainHead;
  readonly seal: RunSeal | null;
  readonly sealAsked: number;
}

/** True if the run is finished, and nothing has joined it since it was sealed. */
export function isSealed({ finishedAtMs, seal, accepted, custody }: Sealable): boolean {
  return (
    finishedAtMs !== null &&
    seal !== null &&
    seal.accepted === accepted &&
    seal.custody.count === custody.count &&
    seal.custody.head === custody.head
  );
}

/** True if the run is finished, but has no seal, or one from before it grew. */
export function wantsSeal(run: Sealable): boolean {
  return run.finishedAtMs !== null && !isSealed(run);
}

/** The number of the seal that comes next. */
export function nextSeal({ seal }: Pick<Sealable, "seal">): number {
  return (seal?.number ?? 0) + 1;
}

/**
 * The run with its next seal asked for, if it wants one. While results of it join the chain one by
 * one nothing is asked for: whoever fetches the last of a sequence writes the run once more.
 */
export function askingForSeal<R extends Sealable>(before: Sealable, after: R): R {
  if (!wantsSeal(after) || before.custody.count !== after.custody.count) return after;
  return { ...after, sealAsked: nextSeal(after) };
}

/** Tells the poll that the run has to be sealed, if that was not asked for before. */
export function overNote(before: Sealable, after: Sealable): RowChange[] {
  if (before.sealAsked === after.sealAsked) return [];
  return [{ op: "insert", key: overKey(after.runId, after.sealAsked), body: { v: 1 } }];
}
