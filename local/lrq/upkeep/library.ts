import { gathered } from "../command/gathered.ts";
import { hashIn } from "../command/hash-option.ts";
import type { Verb } from "../command/verb.ts";

const FOLDER = [
  "--folder <folder>",
  "the folder with the files and their pins (default: library)",
] as const;
const CHECK = ["--check", "change nothing; end with 1 if something is not as pinned"] as const;
const ABOUT =
  "It reaches Defender with the settings of lrq doctor without LRQ_URL, and with the right\n" +
  "Library.Manage. It ends with 3 if Defender does not answer, and with 4 if it refuses.";

/** `lrq library ...`: the scripts of the tenant as code. */
export const libraryVerbs: readonly Verb[] = [
  verb("status", "compare the tenant's library with the pins of a folder", {
    examples: [["lrq library status --check", "each night: 1 if somebody has changed a file"]],
    options: [FOLDER, CHECK],
  }),
  verb("plan", "show what apply would change, and the plan's hash", {
    examples: [["lrq library plan", "nothing is changed"]],
    options: [FOLDER, CHECK],
  }),
  verb("apply", "upload, replace and delete after a question, as planned", {
    examples: [
      ["lrq library apply", "shows the plan, and asks"],
      ["lrq library apply --plan HASH --yes", "exactly what was approved"],
    ],
    options: [
      FOLDER,
      ["--plan <hash>", "make no other changes than those of this plan"],
      ["--yes", "without a question; needed where nobody can be asked"],
    ],
  }),
  verb("pull <names...>", "pin the hash that the tenant lists for a file", {
    examples: [["lrq library pull Collect.ps1", "for a file that you do not have"]],
    options: [FOLDER, CHECK],
  }),
  verb("pin", "pin the files of the folder as they are", {
    examples: [["lrq library pin --check", "1 if a file and its pin differ"]],
    options: [FOLDER, CHECK],
  }),
  verb("list", "the list as POST /api/library/check takes it", {
    examples: [["lrq library list", "for an app that may not list itself"]],
    options: [FOLDER],
  }),
];

function verb(words: string, summary: string, more: Pick<Verb, "examples" | "options">): Verb {
  const [name = ""] = words.split(" ");
  return {
    usage: `library ${words}`,
    summary,
    ...more,
    about: ABOUT,
    asksApp: false,
    run: async (asked, around) => {
      const { library } = await import("../../library/library-command.ts");
      const json = asked.flag("json");
      const what = {
        folder: asked.text("folder") ?? "library",
        names: asked.words,
        check: asked.flag("check"),
        json,
        yes: asked.flag("yes"),
        plan: hashIn(asked, "plan"),
      };
      const at = { ...around.given, cwd: process.cwd(), complain: around.note };
      if (name === "pin" || name === "pull") {
        return await gathered(asked, around, async (say) => {
          return await library(name, what, { ...at, say });
        });
      }
      // A list is JSON in any case, and may not be cut.
      const say = json || name === "list" ? around.given.say : around.say;
      return await library(name, what, { ...at, say });
    },
  };
}
