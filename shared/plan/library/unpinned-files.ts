import { filesOf } from "../command/library-files.ts";
import type { Catalogue } from "../profile/catalogue.ts";
import type { Pins } from "./pins.ts";

/** A file that a pinned profile names, and that has no pin: lrq never runs it. */
export interface UnpinnedFile {
  readonly profile: string;
  readonly file: string;
}

/** All such files of a catalogue. */
export function unpinnedFiles(catalogue: Catalogue, pins: Pins): UnpinnedFile[] {
  return [...catalogue.values()].flatMap(({ profile }) => {
    if (!profile.pinned) return [];
    const files = filesOf(profile.commands).filter((name) => !pins.has(name));
    return files.map((file) => ({ profile: profile.name, file }));
  });
}
