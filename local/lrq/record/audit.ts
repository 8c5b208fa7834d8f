import { z } from "zod";
import { auditRecordSchema, type AuditRecord } from "../../../shared/evidence/audit.ts";
import type { Answered } from "../app/lrq.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { sweepPath } from "../sweeps/round-asked.ts";
import { UsageError } from "../command/stop.ts";
import { plain, tableLines } from "../command/table.ts";
import { instantWords } from "../command/time-words.ts";
import { instantIn, SINCE } from "../command/instant-in.ts";
import type { Asked, Verb } from "../command/verb.ts";

const pageSchema = z.object({
  records: z.array(auditRecordSchema),
  next: z.int().nullable(),
});
type Page = z.infer<typeof pageSchema>;

/** `lrq audit [RUN]`: who did what, of a run, of a sweep, of the queue or of a machine. */
export const audit: Verb = {
  usage: "audit [run]",
  summary: "who did what: the log of a run, a sweep or the queue",
  examples: [
    ["lrq audit generic:CASE-1", "all records of the run, the oldest first"],
    ["lrq audit --from 1200", "the queue's log from this record on; needs `all`"],
    ["lrq audit --machine pc-0002", "what the queue did with a machine, the newest first"],
    ["lrq audit --sweep autostarts", "who started and stopped its rounds, and how they ended"],
    ["lrq audit --since 24h --json", "the newest first, a record a line"],
  ],
  options: [
    ["--from <number>", "the first record (default: 1; of the newest first: the last)"],
    ["--machine <name>", "only records of the queue about this machine: its name, or its id"],
    ["--sweep <name>", "the log of this sweep"],
    SINCE,
  ],
  about: `${RUN_WORDS}\nlrq verify RUN checks that nothing of a log was changed.`,
  run: async (asked, around) => {
    const path = pathOf(asked);
    const query = queryOf(asked, around.nowMs());
    const lrq = lrqFor(asked, around);
    let next: number | null = null;
    do {
      const text: string = new URLSearchParams(withFrom(query, next)).toString();
      const { value }: Answered<Page> = await lrq.get(`${path}?${text}`, pageSchema);
      if (asked.flag("json")) for (const record of value.records) around.sayJson(record);
      else around.show(tableLines(TITLES, value.records.map(rowOf), around.columns).slice(1));
      ({ next } = value);
    } while (next !== null);
    return EXIT.done;
  },
};

function pathOf(asked: Asked): string {
  const [named = null] = asked.words;
  const sweep = asked.text("sweep");
  const chosen = [named, sweep, asked.text("machine")].filter((each) => each !== null);
  if (chosen.length > 1) throw new UsageError("name one of: a run, --sweep, --machine");
  if (sweep !== null) return `${sweepPath(sweep)}/audit`;
  return named === null ? "audit" : `runs/${runIdNamed(named)}/audit`;
}

function withFrom(query: Readonly<Record<string, string>>, next: number | null) {
  return next === null ? query : { ...query, from: String(next) };
}

function queryOf(asked: Asked, nowMs: number): Record<string, string> {
  const [from, machine, since] = ["from", "machine", "since"].map((name) => asked.text(name));
  return {
    ...(typeof from === "string" ? { from: numberIn(from) } : {}),
    ...(typeof machine === "string" ? { machine } : {}),
    ...(typeof since === "string" ? { since: instantIn(since, nowMs) } : {}),
  };
}

const TITLES = [
  { title: "", most: 8 },
  { title: "", most: 20 },
  { title: "", most: 16 },
  { title: "", most: 0 },
];

function rowOf({ number, at, event, by, detail }: AuditRecord) {
  const who = by === null ? "" : `by ${by}: `;
  return [plain(String(number)), plain(instantWords(at)), plain(event), plain(`${who}${detail}`)];
}

function numberIn(text: string): string {
  if (/^[1-9]\d{0,9}$/.test(text)) return text;
  throw new UsageError("--from takes the number of a record, from 1");
}
