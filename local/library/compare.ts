import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import type { Pin, Pins } from "../../shared/plan/library/pins.ts";

/**
 * What is so about one name. `same`: the listed hash is the pinned one. `changed`: it is another
 * one, or Defender gave none. `missing`: pinned and not listed. `misspelt`: pinned, and only listed
 * in other letter case. `left`: not pinned any more, and lrq uploaded it. `foreign`: not pinned, and
 * somebody else's.
 */
export type FileState = "same" | "changed" | "missing" | "misspelt" | "left" | "foreign";

/** One name: what is pinned, and what Defender lists. */
export interface Compared {
  readonly name: string;
  readonly state: FileState;
  readonly pin: Pin | null;
  readonly listed: LibraryFile | null;
}

/** All names that are pinned or listed, in the order of their names. */
export function compare(pins: Pins, files: readonly LibraryFile[]): readonly Compared[] {
  const listed = byName(files);
  const pinned = [...pins.values()].map((pin) => comparedPin(pin, listed));
  const others = [...listed.values()].filter(({ name }) => !pins.has(name));
  const unpinned = others.map((file): Compared => {
    return { name: file.name, state: isOurs(file) ? "left" : "foreign", pin: null, listed: file };
  });
  return [...pinned, ...unpinned].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** True if something is not as pinned. The files of others do not count. */
export function isDrift({ state }: Compared): boolean {
  return state !== "same" && state !== "foreign";
}

/**
 * The description under which lrq uploads a file. Its last word is lrq's mark with the beginning of
 * the hash. So a file whose bytes somebody else has replaced since is not lrq's any more.
 */
export function descriptionOf({ description, sha256 }: Pin): string {
  return [description ?? "", markOf(sha256)].join(" ").trim();
}

/** What people wrote in a description, without lrq's mark. */
export function withoutMark(description: string): string {
  return description
    .trim()
    .replace(/\(lrq [0-9a-f]{12}\)$/, "")
    .trim();
}

function markOf(sha256: string): string {
  return `(lrq ${sha256.slice(0, 12)})`;
}

/** True if lrq uploaded just these bytes. */
function isOurs({ sha256, description }: LibraryFile): boolean {
  return sha256 !== null && (description ?? "").trim().endsWith(markOf(sha256));
}

function comparedPin(pin: Pin, listed: ReadonlyMap<string, LibraryFile>): Compared {
  const { name } = pin;
  const file = listed.get(name) ?? null;
  if (file !== null) {
    return { name, state: file.sha256 === pin.sha256 ? "same" : "changed", pin, listed: file };
  }
  const like = [...listed.values()].find((each) => each.name.toLowerCase() === name.toLowerCase());
  return { name, state: like === undefined ? "missing" : "misspelt", pin, listed: like ?? null };
}

/** Nobody can say which bytes run under a name that is listed twice with two hashes. */
function byName(files: readonly LibraryFile[]): ReadonlyMap<string, LibraryFile> {
  const found = new Map<string, LibraryFile>();
  for (const file of files) {
    const { sha256 = file.sha256 } = found.get(file.name) ?? {};
    found.set(file.name, sha256 === file.sha256 ? file : { ...file, sha256: null });
  }
  return found;
}
