import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { minutesIn } from "../command/minutes.ts";
import type { Asked, Verb } from "../command/verb.ts";
import { EVERY_MS, PATIENCE_MINUTES, type Watching, watchRun } from "./watch-run.ts";

/** The options of every command that watches a run. */
export const WATCH_OPTIONS = [
  ["--timeout <minutes>", "end after that time with 7; the run goes on"],
  [
    "--patience <minutes>",
    `how long lrq may be silent before this ends with 3 (default: ${PATIENCE_MINUTES})`,
  ],
] as const;

/** `lrq watch RUN`: live on a terminal, a line for each change elsewhere. */
export const watch: Verb = {
  usage: "watch <run>",
  summary: "follow a run until it is over; ends with 0 or 6",
  examples: [
    ["lrq watch dr60s2vdevzmvjgmkmak", "live on a terminal, lines elsewhere"],
    ["lrq watch generic:CASE-1 --timeout 30", "end with 7 after half an hour"],
  ],
  options: WATCH_OPTIONS,
  about: RUN_WORDS,
  run: async (asked, around) => {
    const runId = runIdNamed(asked.words[0] ?? "");
    return await watchRun(lrqFor(asked, around), watchingOf(runId, asked), around);
  },
};

/** How a run is watched, as the options say. */
export function watchingOf(runId: string, asked: Asked): Watching {
  return {
    runId,
    json: asked.flag("json"),
    everyMs: EVERY_MS,
    patienceMs: minutesIn(asked, "patience") ?? PATIENCE_MINUTES * 60_000,
    timeoutMs: minutesIn(asked, "timeout") ?? Number.POSITIVE_INFINITY,
  };
}
