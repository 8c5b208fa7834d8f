import { PINS } from "./library.ts";
import type { LibraryChange, Scenario, Span } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

const CHECKED_SHARE = 0.4;
const CHANGED_SHARE = 0.6;
const SILENT_SHARE = 0.2;
const CHANGES_MOST = 4;
const CHANGED_WITHIN_MS = 600_000;
const SILENT_FOR_MS = 300_000;
const AGES_MS = [60_000, 120_000, 300_000] as const;
const KINDS = ["other", "gone", "pinned"] as const;

/**
 * For a share of the seeds the library is checked, somebody changes files in it, and Defender does
 * not tell of it for a while. By a stream of its own, so that all other draws stay as they were.
 */
export function drawLibrary(seed: number): Scenario["library"] {
  const random = stream(seed, "library");
  if (!chance(random, CHECKED_SHARE)) return null;
  const ageMs = oneOf(random, AGES_MS);
  const count = chance(random, CHANGED_SHARE) ? whole(random, 1, CHANGES_MOST) : 0;
  const drawn = Array.from({ length: count }, (): LibraryChange => {
    const atMs = Math.floor(between(random, 0, CHANGED_WITHIN_MS));
    return { atMs, name: oneOf(random, [...PINS.keys()]), to: oneOf(random, KINDS) };
  });
  const changes = drawn.toSorted((a, b) => a.atMs - b.atMs);
  const fromMs = between(random, 0, CHANGED_WITHIN_MS);
  const span: Span = [fromMs, fromMs + between(random, 10_000, SILENT_FOR_MS)];
  return { ageMs, changes, silent: chance(random, SILENT_SHARE) ? span : null };
}
