import { addressFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import type { Verb } from "../command/verb.ts";
import { linesOf, ROUND, roundPath } from "./round-asked.ts";
import { LIMIT, showStack } from "./stack.ts";

/** `lrq sweeps rows NAME`: what the machines of a round answered. */
export const sweepRows: Verb = {
  usage: "sweeps rows <name>",
  summary: "what the machines of a round answered, a row a line",
  examples: [
    ["lrq sweeps rows autostarts-windows", "the rows of the last round, as JSON"],
    ["lrq sweeps rows autostarts-windows --csv > rows.csv", "for a spreadsheet"],
    ["lrq sweeps rows autostarts-windows --stack signer,path", "the rarest values first"],
    ["lrq sweeps rows autostarts-windows --wrong", "the machines whose rows are wrong or cut"],
  ],
  options: [
    ROUND,
    ["--csv", "as CSV; a text that is like a formula gets an apostrophe before it"],
    ["--wrong", "the machines of which not every row could be read, and why"],
    ["--stack <columns>", "instead of rows, on how many machines each value is"],
    LIMIT,
  ],
  about:
    "Rows are what machines say, and a machine may be hostile. Whatever could steer a terminal is " +
    "written as an escape, or in CSV as U+FFFD.",
  run: async (asked, around) => {
    const [isCsv, isWrong, by] = [asked.flag("csv"), asked.flag("wrong"), asked.text("stack")];
    if ([isCsv, isWrong, by !== null].filter(Boolean).length > 1) {
      throw new UsageError("choose one of --csv, --wrong and --stack");
    }
    if (by !== null) return await showStack(by, asked, around);
    if (asked.text("limit") !== null) throw new UsageError("--limit is for --stack");
    const query = isWrong ? "?wrong=true" : `?format=${isCsv ? "csv" : "ndjson"}`;
    for await (const line of linesOf(
      addressFor(asked, around),
      `${roundPath(asked)}/rows${query}`,
    )) {
      if (isCsv) around.given.say(withoutControls(line));
      else around.sayJson(JSON.parse(line));
    }
    return EXIT.done;
  },
};

/** Controls, direction marks and line separators; some of them steer terminals. */
const STEERING = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A line of a CSV: a tab is text, and a CR belongs to its end only. */
function withoutControls(line: string): string {
  return line.replaceAll(STEERING, (character, at: number) => {
    const isText = character === "\t" || (character === "\r" && at === line.length - 1);
    return isText ? character : "\uFFFD";
  });
}
