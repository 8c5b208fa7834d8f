import type { SaidPlatform } from "../incident/incident.ts";
import type { CatalogueEntry } from "./profile/catalogue.ts";

/** Why no profile of these is for a machine with this platform; for people. */
export function whyNoProfile(platform: SaidPlatform, entries: readonly CatalogueEntry[]): string {
  if (platform === null) return NOBODY_SAYS;
  if (typeof platform === "object") {
    return platform.kind === "notOurs" ? noLiveResponse(platform.said) : unknownWord(platform.said);
  }
  const offers = entries.map(
    ({ profile }) => `${profile.name} is for ${profile.platforms.join(", ")}`,
  );
  return `The machine runs ${platform}; ${offers.join("; ")}.`;
}

/** Why nothing starts on a phone, an appliance, or a machine that Defender calls Other. */
export function noLiveResponse(said: string): string {
  return `The machine runs ${said}; live response is for Windows, Linux and macOS.`;
}

const NOBODY_SAYS =
  "Defender does not say which system the machine runs, so lrq knows no profile for it.";

function unknownWord(said: string): string {
  return `The machine runs "${said}", a system that lrq does not know, so no profile is for it.`;
}
