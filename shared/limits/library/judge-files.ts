import type { ClaimedFiles, LibraryHold } from "../../ledger/sequence/library-files.ts";
import { currentCommands, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { filesOf } from "../../plan/command/library-files.ts";
import { isOutdated, type LibraryNote } from "./note.ts";
import type { LibraryRules } from "./rules.ts";

/** Whether the library lets a sequence go. */
export type FilesVerdict =
  /** `files` is null if it uses none, or if the library is not checked. */
  | { readonly kind: "go"; readonly files: ClaimedFiles | null }
  /** Defender has to be asked first. */
  | { readonly kind: "unlisted" }
  | { readonly kind: "held"; readonly hold: LibraryHold; readonly untilMs: number };

/**
 * Judges the library files of a sequence's present part by the last list. A file that is not as
 * pinned, or that no list of the last `ageMs` shows, never goes. Null rules: nothing is checked.
 */
export function judgeFiles(
  note: LibraryNote | null,
  record: SequenceRecord,
  rules: LibraryRules | null,
  nowMs: number,
): FilesVerdict {
  const names = filesOf(currentCommands(record));
  if (rules === null || names.length === 0) return { kind: "go", files: null };
  const pinned = rules.isPinned(record.profile.name);
  const files = claimedFiles(note, names, pinned);
  if (!pinned) return { kind: "go", files };
  const unpinned = files.files.find(({ name }) => !rules.pins.has(name));
  const isListed = names.every((name) => fileIn(note, name) !== undefined);
  const isUsable = note !== null && isListed && !isOutdated(note, rules, nowMs);
  if (unpinned === undefined && !isUsable) return withoutList(note, nowMs);
  const wrong = unpinned ?? files.files.find(({ name, sha256 }) => rules.pins.get(name) !== sha256);
  if (wrong === undefined) return { kind: "go", files };
  const hold: LibraryHold = {
    code: "libraryDrift",
    file: wrong.name,
    pinned: rules.pins.get(wrong.name) ?? null,
    listed: wrong.sha256,
    sinceMs: fileIn(note, wrong.name)?.sinceMs ?? nowMs,
  };
  // Then the next list is due.
  const untilMs = Math.max(nowMs, note?.listedAtMs ?? 0) + rules.ageMs;
  return { kind: "held", hold, untilMs };
}

function withoutList(note: LibraryNote | null, nowMs: number): FilesVerdict {
  const trouble = note?.trouble ?? null;
  if (note === null || trouble === null || nowMs >= note.nextAtMs) return { kind: "unlisted" };
  const { detail, sinceMs } = trouble;
  const hold = { code: "libraryUnknown", detail, sinceMs } as const;
  return { kind: "held", hold, untilMs: note.nextAtMs };
}

function claimedFiles(
  note: LibraryNote | null,
  names: readonly string[],
  pinned: boolean,
): ClaimedFiles {
  const files = names.map((name) => ({ name, sha256: fileIn(note, name)?.sha256 ?? null }));
  return { pinned, listedAtMs: note?.listedAtMs ?? null, files, changedAtMs: null };
}

function fileIn(note: LibraryNote | null, name: string) {
  return note?.files.find((each) => each.name === name);
}
