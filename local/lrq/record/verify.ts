import { existsSync } from "node:fs";
import { QUEUE_CHAIN } from "../../../shared/evidence/audit.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { addressFor } from "../app/where.ts";
import { gathered } from "../command/gathered.ts";
import { hashIn } from "../command/hash-option.ts";
import { UsageError } from "../command/stop.ts";
import type { Verb } from "../command/verb.ts";
import { verify } from "../verify-command.ts";
import { pinsIn } from "../verify-library.ts";

/** `lrq verify`: whether a folder, a run or the queue's log is as it was collected. */
export const verifyVerb: Verb = {
  usage: "verify <subject>",
  summary: "check an exported folder, a run, or the log of the queue",
  examples: [
    ["lrq verify case-1", "checks an exported folder; needs only the folder"],
    ["lrq verify generic:CASE-1", "exports the run to a temporary folder, checks it, removes it"],
    ["lrq verify queue --head HASH", "the queue's log: claims, answers, pauses"],
  ],
  options: [
    [
      "--head <hash>",
      "the hash of the run's seal, or the head of its custody chain, or of the queue's log, " +
        "kept elsewhere: 64 hex digits",
    ],
    ["--library <file>", "the library.json that what ran is held against"],
  ],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const [named = ""] = asked.words;
    const library = asked.text("library");
    const subject = existsSync(named) || named === QUEUE_CHAIN ? named : runOf(named);
    const head = hashIn(asked, "head");
    const pins = library === null ? null : pinsIn(library);
    return await gathered(asked, around, async (say) => {
      return await verify({ subject, head, pins }, () => addressFor(asked, around), say);
    });
  },
};

function runOf(named: string): string {
  try {
    return runIdNamed(named);
  } catch {
    throw new UsageError(`${named} is neither a folder nor a run`);
  }
}
