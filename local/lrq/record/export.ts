import { existsSync, readdirSync } from "node:fs";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { addressFor } from "../app/where.ts";
import { evidenceApi } from "../api.ts";
import { EXIT } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import type { Verb } from "../command/verb.ts";
import { exportRun } from "../export-run.ts";

/** `lrq export RUN DIR`: a run with all that proves it. */
export const exportVerb: Verb = {
  usage: "export <run> <folder>",
  summary: "download a run: results, manifest, audit log, seals, SHA256SUMS",
  examples: [
    ["lrq export generic:CASE-1 case-1", "into a new folder"],
    ["lrq verify case-1", "and check it, with nothing but the folder"],
  ],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const [named = "", folder = ""] = asked.words;
    const runId = runIdNamed(named);
    const api = evidenceApi(addressFor(asked, around));
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new UsageError(`${folder} is not empty, and lrq never overwrites a file`);
    }
    const { files, manifest, seal, isSealed } = await exportRun(api, runId, folder);
    if (asked.flag("json")) {
      around.sayJson({ runId, folder, seal, isSealed, head: manifest.head, files });
      return EXIT.done;
    }
    around.say(`${files.length} results of run ${runId} in ${folder}`);
    const open = "open the run is not sealed yet: export it again when it is";
    around.say(isSealed ? `seal ${seal}` : open);
    around.say(`head ${manifest.head}`);
    return EXIT.done;
  },
};
