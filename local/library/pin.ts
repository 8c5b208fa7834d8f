import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import type { LibraryAsked } from "./asked.ts";
import { readFolder } from "./pinned-folder.ts";
import { pinsIn, renewedPins, writePins } from "./write-pins.ts";

/** `lrq library pin`: makes the pins say what the folder has; with `--check` it only compares. */
export function pin({ folder, check }: LibraryAsked, say: (line: string) => void): ExitCode {
  const { files, problems } = readFolder(folder);
  for (const problem of problems) say(problem);
  if (problems.length > 0) return EXIT.failed;
  const before = pinsIn(folder);
  const after = renewedPins(before, files);
  const changed = after.filter(({ name, sha256, signed }) => {
    const old = before.get(name);
    return old?.sha256 !== sha256 || old.signed !== signed;
  });
  for (const { name, sha256 } of changed) say(`pin      ${name} ${sha256}`);
  for (const name of before.keys()) {
    const isHere = files.some((file) => file.name === name);
    if (!isHere) say(`kept     ${name}, which is not in ${folder}`);
  }
  if (changed.length === 0) {
    say(`Every file of ${folder} is as pinned.`);
    return EXIT.done;
  }
  if (check) return EXIT.failed;
  writePins(folder, after);
  return EXIT.done;
}
