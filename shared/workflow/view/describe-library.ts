import { isoOf } from "../../ledger/row/instant.ts";
import { driftIn } from "../../limits/library/note.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Ports } from "../../ports.ts";
import { loadBudget } from "../../store/load.ts";
import type { Budget } from "../../limits/pace/budget.ts";

/** The pinned files of the library, as Defender listed them last. */
export interface LibraryView {
  /** Who lists it: lrq itself, somebody who brings lists, or nobody. */
  readonly lists: LibraryRules["lists"] | "nobody";
  /** How old a list may be when a script is run by it. */
  readonly maxAgeMinutes: number | null;
  /** Null as long as there is no list. */
  readonly listedAt: string | null;
  /** Why Defender gives no list; null if it gave the last one. */
  readonly trouble: { readonly since: string; readonly detail: string } | null;
  readonly files: readonly LibraryFileView[];
}

/** `listed` null: it is not there, or no list shows its hash. `since` is when that was first seen. */
interface LibraryFileView {
  readonly name: string;
  readonly pinned: string;
  readonly listed: string | null;
  readonly since: string | null;
}

/** What the status of the queue says of it; null if the library is not checked. */
export interface LibrarySummary extends Pick<LibraryView, "listedAt" | "trouble"> {
  /** Files that are not as pinned; sequences that need them wait. */
  readonly drifted: readonly LibraryFileView[];
}

/** The library as a whole. Throws if the budget cannot be read. */
export async function describeLibrary(
  { ledger }: Pick<Ports, "ledger">,
  rules: LibraryRules | null,
): Promise<LibraryView> {
  const { library } = (await loadBudget(ledger)).value;
  if (rules === null) {
    return { lists: "nobody", maxAgeMinutes: null, ...timesOf(null), files: [] };
  }
  const files = [...rules.pins].map(([name, pinned]): LibraryFileView => {
    const file = library?.files.find((each) => each.name === name);
    const since = file === undefined ? null : isoOf(file.sinceMs);
    return { name, pinned, listed: file?.sha256 ?? null, since };
  });
  const maxAgeMinutes = rules.ageMs / 60_000;
  return { lists: rules.lists, maxAgeMinutes, ...timesOf(library), files };
}

/** The same in short. */
export function summarizeLibrary(
  library: Budget["library"],
  rules: LibraryRules | null,
): LibrarySummary | null {
  if (rules === null) return null;
  const drifted = driftIn(library, rules.pins).map(({ name, pinned, sha256, sinceMs }) => {
    return { name, pinned, listed: sha256, since: isoOf(sinceMs) };
  });
  return { ...timesOf(library), drifted };
}

function timesOf(library: Budget["library"]): Pick<LibraryView, "listedAt" | "trouble"> {
  const { listedAtMs = 0, trouble = null } = library ?? {};
  return {
    listedAt: listedAtMs === 0 ? null : isoOf(listedAtMs),
    trouble: trouble === null ? null : { since: isoOf(trouble.sinceMs), detail: trouble.detail },
  };
}
