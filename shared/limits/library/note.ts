import { z } from "zod";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";
import type { LibraryRules } from "./rules.ts";

/**
 * What the budget knows of the tenant's library. It is written with the budget, so a claim that was
 * decided by an older list loses. Times are epoch milliseconds of the table service's clock.
 */
export const libraryNoteSchema = rowObject({
  /** When Defender was last asked for the list that stands here; 0 is never. */
  listedAtMs: fineInstant,
  /** The pinned files as listed; `sha256` null: it is not there. */
  files: z.array(
    rowObject({
      name: z.string(),
      sha256: z.string().nullable(),
      /** Defender's word for when it was last written. */
      updatedAtMs: z.number().nullable(),
      /** The list that first showed it so. */
      sinceMs: fineInstant,
    }),
  ),
  /** Why Defender gives no list; null if it gave the last one. */
  trouble: rowObject({ sinceMs: fineInstant, detail: z.string() }).nullable(),
  /** Before this time Defender is not asked again. */
  nextAtMs: fineInstant,
  /** Sequences with library files that have ended since the list. */
  ended: z.array(z.string()),
});
export type LibraryNote = z.infer<typeof libraryNoteSchema>;
export type ListedFile = LibraryNote["files"][number];

export const FIRST_NOTE: LibraryNote = {
  listedAtMs: 0,
  files: [],
  trouble: null,
  nextAtMs: 0,
  ended: [],
};

/** With so many ended sequences a list is due at any age, so that the budget stays small. */
const ENDED_MAX = 200;
const DETAIL_CHARACTERS = 300;
/** Defender refuses, or gives no answer: so long until it is asked again. */
const TROUBLE_REST_MS = 60_000;

/** The note after Defender listed the library; `askedAtMs` is a time before it was asked. */
export function noteListed(
  note: LibraryNote,
  files: readonly Pick<ListedFile, "name" | "sha256" | "updatedAtMs">[],
  { pins, askedAtMs }: Pick<LibraryRules, "pins"> & { readonly askedAtMs: number },
): LibraryNote {
  const next = [...pins.keys()].map((name) => {
    const before = note.files.find((each) => each.name === name);
    return seen(before, { name, file: files.find((each) => each.name === name), askedAtMs });
  });
  return { ...note, listedAtMs: askedAtMs, files: next, trouble: null, nextAtMs: 0, ended: [] };
}

function seen(
  before: ListedFile | undefined,
  now: {
    readonly name: string;
    readonly file: Pick<ListedFile, "sha256" | "updatedAtMs"> | undefined;
    readonly askedAtMs: number;
  },
): ListedFile {
  const sha256 = now.file?.sha256 ?? null;
  const sinceMs = before?.sha256 === sha256 ? before.sinceMs : now.askedAtMs;
  const updatedAtMs = now.file?.updatedAtMs ?? null;
  return { ...before, name: now.name, sha256, updatedAtMs, sinceMs };
}

/** The note after Defender gave no list. The last list stands, as long as it is not too old. */
export function noteTrouble(note: LibraryNote, detail: string, atMs: number): LibraryNote {
  const said = detail.slice(0, DETAIL_CHARACTERS);
  const trouble = { ...note.trouble, sinceMs: note.trouble?.sinceMs ?? atMs, detail: said };
  return { ...note, trouble, nextAtMs: atMs + TROUBLE_REST_MS };
}

/** Of the age of a list: then the next is due, if lrq submits anyway. */
const AGING_SHARE = 0.75;

/**
 * True if a drain that works anyway should list the library, so that no sequence is read in vain
 * for want of a list.
 */
export function isAging(
  note: LibraryNote | null,
  { lists, ageMs }: Pick<LibraryRules, "lists" | "ageMs">,
  nowMs: number,
): boolean {
  if (note === null || lists === "others" || nowMs < note.nextAtMs) return false;
  return isOutdated(note, { ageMs: ageMs * AGING_SHARE }, nowMs);
}

/** True if nothing may be claimed by the last list any more. */
export function isOutdated(
  { listedAtMs, ended }: LibraryNote,
  { ageMs }: Pick<LibraryRules, "ageMs">,
  nowMs: number,
): boolean {
  return nowMs > listedAtMs + ageMs || ended.length >= ENDED_MAX;
}

/** A file that two lists show differently: its bytes, or the time at which it was last written. */
export function changedBetween(before: LibraryNote, after: LibraryNote): readonly ListedFile[] {
  return after.files.filter((now) => {
    const then = before.files.find((each) => each.name === now.name);
    if (then === undefined) return false;
    return then.sha256 !== now.sha256 || then.updatedAtMs !== now.updatedAtMs;
  });
}

/** A pinned file that is not as pinned. */
export interface DriftedFile extends ListedFile {
  readonly pinned: string;
}

/** The files that are not as pinned, by the last list. */
export function driftIn(
  note: LibraryNote | null,
  pins: LibraryRules["pins"],
): readonly DriftedFile[] {
  return (note?.files ?? []).flatMap((file) => {
    const pinned = pins.get(file.name);
    return pinned === undefined || pinned === file.sha256 ? [] : [{ ...file, pinned }];
  });
}

/** The note, with a sequence that has ended; null if the library was never listed. */
export function withEnded(note: LibraryNote | null, sequenceId: string): LibraryNote | null {
  return note === null ? null : { ...note, ended: [...note.ended, sequenceId] };
}
