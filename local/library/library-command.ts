import { UsageError } from "../lrq/usage-error.ts";
import { readFolder } from "./pinned-folder.ts";
import { pinsIn, renewedPins, writePins } from "./write-pins.ts";

/** Which folder, and what else was asked. */
export interface LibraryAsked {
  readonly folder: string;
  /** True: nothing is changed, and the exit code says whether something would be. */
  readonly check: boolean;
}

/** Runs one command about the library; gives the exit code. */
export async function library(
  what: string,
  asked: LibraryAsked,
  say: (line: string) => void,
): Promise<number> {
  if (what === "pin") return pin(asked, say);
  throw new UsageError(`there is no command: library ${what}`);
}

/** Makes the pins say what the folder has; with `check` it only compares. */
function pin({ folder, check }: LibraryAsked, say: (line: string) => void): number {
  const { files, problems } = readFolder(folder);
  for (const problem of problems) say(problem);
  if (problems.length > 0) return 1;
  const before = pinsIn(folder);
  const after = renewedPins(before, files);
  const gone = [...before.keys()].filter((name) => !files.some((file) => file.name === name));
  const changed = after.filter(({ name, sha256, signed }) => {
    const old = before.get(name);
    return old?.sha256 !== sha256 || old.signed !== signed;
  });
  for (const { name, sha256 } of changed) say(`pin   ${name} ${sha256}`);
  for (const name of gone) say(`unpin ${name}, which is not in ${folder}`);
  if (changed.length + gone.length === 0) {
    say(`All ${after.length} files of ${folder} are as pinned.`);
    return 0;
  }
  if (check) return 1;
  writePins(folder, after);
  return 0;
}
