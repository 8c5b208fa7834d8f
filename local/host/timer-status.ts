import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What is kept of one timer between two lives of the host; instants in epoch milliseconds. */
const TimerRecord = z.object({
  schedule: z.string(),
  lastAtMs: z.number().nullable(),
  nextAtMs: z.number(),
  updatedAtMs: z.number(),
});
export type TimerRecord = z.infer<typeof TimerRecord>;
const TimerFile = z.record(z.string(), TimerRecord);

/** Timer records by function name. */
export interface TimerStore {
  read(name: string): TimerRecord | null;
  write(name: string, record: TimerRecord): void;
}

/**
 * Opens `timers.json` in `stateDir`; null keeps the records in memory only. A file that cannot be
 * read counts as empty: then no timer is past due, which is what a first start looks like.
 */
export function openTimerStore(stateDir: string | null): TimerStore {
  const records = new Map(stateDir === null ? [] : Object.entries(readFile(stateDir)));
  return {
    read: (name) => records.get(name) ?? null,
    write(name, record) {
      records.set(name, record);
      if (stateDir !== null) writeFile(stateDir, Object.fromEntries(records));
    },
  };
}

function readFile(stateDir: string): z.infer<typeof TimerFile> {
  try {
    return TimerFile.parse(JSON.parse(readFileSync(join(stateDir, "timers.json"), "utf8")));
  } catch {
    return {};
  }
}

/** Written beside and renamed, so that a kill leaves the old file or the new one. */
function writeFile(stateDir: string, records: Readonly<Record<string, TimerRecord>>): void {
  mkdirSync(stateDir, { recursive: true });
  const draft = join(stateDir, `timers.json.${process.pid}`);
  writeFileSync(draft, JSON.stringify(records, null, 2));
  renameSync(draft, join(stateDir, "timers.json"));
}
