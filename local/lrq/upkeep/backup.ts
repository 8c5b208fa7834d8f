import { agreed, YES } from "../command/agreed.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { gathered } from "../command/gathered.ts";
import type { Asked, Verb } from "../command/verb.ts";

const ABOUT =
  "It reaches the storage account of AzureWebJobsStorage, or of AzureWebJobsStorage__accountName\n" +
  "with the account of az login.";

/** `lrq backup FILE`: all rows of the ledger. */
export const backup: Verb = {
  usage: "backup <file>",
  summary: "write all rows of the ledger into a new file",
  examples: [["lrq backup ledger.ndjson", "the file must not be there yet"]],
  about: ABOUT,
  asksApp: false,
  run: async (asked, around) => await moved("backup", asked, around),
};

/** `lrq restore FILE`: into a table that has no others. */
export const restore: Verb = {
  usage: "restore <file>",
  summary: "write them into a table that has no others",
  examples: [["lrq restore ledger.ndjson", "asks first; docs/deploy.md says what to stop"]],
  options: [YES],
  about: ABOUT,
  asksApp: false,
  run: async (asked, around) => {
    const { accountIn } = await import("../../backup/backup.ts");
    const [file = ""] = asked.words;
    around.note(`It writes the rows of ${file} into the ledger of ${accountIn(around.env)}.`);
    await agreed(asked, around, "Has every app on that ledger been stopped, and shall it go on?");
    return await moved("restore", asked, around);
  },
};

async function moved(verb: "backup" | "restore", asked: Asked, around: Around): Promise<ExitCode> {
  const { moveLedger } = await import("../../backup/backup.ts");
  return await gathered(asked, around, async (say) => {
    await moveLedger(verb, asked.words[0] ?? "", { env: around.env, say });
    return EXIT.done;
  });
}
