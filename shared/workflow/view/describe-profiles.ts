import type { Caller } from "../../access/caller.ts";
import { filesOf } from "../../plan/command/library-files.ts";
import type { Pins } from "../../plan/library/pins.ts";
import type { Catalogue, CatalogueEntry } from "../../plan/profile/catalogue.ts";
import type { Profile } from "../../plan/profile/profile-schema.ts";

/** A profile as its file has it, with the hashes of the library files that it names. */
interface ProfileView extends Omit<Profile, "shell" | "inParts" | "approvals"> {
  /** The SHA-256 of the canonical JSON of its file; records of what ran have it, too. */
  readonly hash: string;
  /** How many people have to approve it, each time. */
  readonly approvals: number;
  /** Its files of the library, with their pins; null for a file without one. */
  readonly files: readonly { readonly name: string; readonly sha256: string | null }[];
}

/** The profiles that the caller may name, by name. */
export function describeProfiles(
  { profiles }: Pick<Caller, "profiles">,
  { catalogue, pins }: { readonly catalogue: Catalogue; readonly pins: Pins },
): { readonly profiles: readonly ProfileView[] } {
  const own = [...catalogue.values()].filter(
    ({ profile }) => profiles === null || profiles.includes(profile.name),
  );
  const views = own.map((each) => profileView(each, pins));
  return { profiles: views.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

function profileView({ profile, hash }: CatalogueEntry, pins: Pins): ProfileView {
  const { shell: _shell, inParts: _inParts, approvals = 0, ...rest } = profile;
  const files = filesOf(profile.commands).map((name) => {
    return { name, sha256: pins.get(name)?.sha256 ?? null };
  });
  return { ...rest, hash, approvals, files };
}
