import type { Pins } from "../../plan/library/pins.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";

/**
 * Whether the library is checked before a claim (by lists that lrq asks for itself, by lists that
 * others bring, or not at all), and how old a list may be.
 */
export interface LibraryConfig {
  readonly check: "list" | "given" | "off";
  readonly ageMs: number;
}

/** What may be run from the library. */
export interface LibraryRules {
  /** Who lists the library: lrq asks Defender, or somebody else brings a list. */
  readonly lists: "self" | "others";
  /** The SHA-256 (hex) of each pinned file by its name. */
  readonly pins: ReadonlyMap<string, string>;
  /** How old a list may be when a sequence is claimed by it. */
  readonly ageMs: number;
  /** False for a profile that may run files that nobody pinned. */
  readonly isPinned: (profile: string) => boolean;
}

/** The rules for these profiles and pins; null if the library is not checked. */
export function libraryRules(
  { check, ageMs }: LibraryConfig,
  { catalogue, pins }: { readonly catalogue: Catalogue; readonly pins: Pins },
): LibraryRules | null {
  if (check === "off") return null;
  return {
    lists: check === "list" ? "self" : "others",
    pins: new Map([...pins.values()].map(({ name, sha256 }) => [name, sha256])),
    ageMs,
    isPinned: (profile) => catalogue.get(profile)?.profile.pinned ?? true,
  };
}
