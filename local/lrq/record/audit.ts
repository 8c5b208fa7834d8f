import { z } from "zod";
import { auditRecordSchema, type AuditRecord } from "../../../shared/evidence/audit.ts";
import type { Answered } from "../app/lrq.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import { plain, tableLines } from "../command/table.ts";
import { instantWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const pageSchema = z.object({
  records: z.array(auditRecordSchema),
  next: z.int().nullable(),
});
type Page = z.infer<typeof pageSchema>;

/** `lrq audit [RUN]`: who did what, of a run or of the queue, the oldest first. */
export const audit: Verb = {
  usage: "audit [run]",
  summary: "who did what: the log of a run, or of the queue",
  examples: [
    ["lrq audit generic:CASE-1", "all records of the run, the oldest first"],
    ["lrq audit --from 1200", "the queue's log from this record on; needs `all`"],
    ["lrq audit --json", "a record a line"],
  ],
  options: [["--from <number>", "the first record (default: 1)"]],
  about: `${RUN_WORDS}\nlrq verify RUN checks that nothing of a log was changed.`,
  run: async (asked, around) => {
    const [named = null] = asked.words;
    const path = named === null ? "audit" : `runs/${runIdNamed(named)}/audit`;
    const lrq = lrqFor(asked, around);
    let from: number | null = numberIn(asked.text("from") ?? "1");
    while (from !== null) {
      const { value }: Answered<Page> = await lrq.get(`${path}?from=${from}`, pageSchema);
      if (asked.flag("json")) for (const record of value.records) around.sayJson(record);
      else around.show(tableLines(TITLES, value.records.map(rowOf), around.columns).slice(1));
      from = value.next;
    }
    return EXIT.done;
  },
};

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

function numberIn(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UsageError("--from takes the number of a record, from 1");
}
