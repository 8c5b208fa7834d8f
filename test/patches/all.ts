import { OF_ALARMS } from "./of-alarms.ts";
import { OF_CALLBACKS } from "./of-callbacks.ts";
import { OF_DRAIN } from "./of-drain.ts";
import { OF_GUARDS } from "./of-guards.ts";
import { OF_LATE } from "./of-late.ts";
import { OF_LIMITS } from "./of-limits.ts";
import { OF_LIBRARY } from "./of-library.ts";
import { OF_LISTS } from "./of-lists.ts";
import { OF_RESULTS } from "./of-results.ts";
import { OF_RETRIES } from "./of-retries.ts";
import { OF_SENDERS } from "./of-senders.ts";
import { OF_SCRIPTS } from "./of-scripts.ts";
import { OF_SEALS } from "./of-seals.ts";
import { OF_STORAGE } from "./of-storage.ts";
import { OF_STRANGERS } from "./of-strangers.ts";
import { OF_SWEEPS } from "./of-sweeps.ts";
import { OF_SUMMARIES } from "./of-summaries.ts";
import type { Patch } from "./patch.ts";

/** Every bug that is planted in tests. */
export const ALL_PATCHES: readonly Patch[] = [
  ...OF_LIMITS,
  ...OF_STORAGE,
  ...OF_DRAIN,
  ...OF_LIBRARY,
  ...OF_LISTS,
  ...OF_LATE,
  ...OF_RESULTS,
  ...OF_RETRIES,
  ...OF_SEALS,
  ...OF_GUARDS,
  ...OF_CALLBACKS,
  ...OF_SENDERS,
  ...OF_STRANGERS,
  ...OF_ALARMS,
  ...OF_SCRIPTS,
  ...OF_SUMMARIES,
  ...OF_SWEEPS,
];
