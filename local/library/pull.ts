import { libraryFileProblem } from "../../shared/plan/command/file-names.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import type { Pin, Pins } from "../../shared/plan/library/pins.ts";
import { UsageError } from "../lrq/command/stop.ts";
import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import { withoutMark } from "./compare.ts";
import type { LibraryAsked, LibrarySurroundings } from "./asked.ts";
import { unread } from "./look.ts";
import type { TenantLibrary } from "./open-library.ts";
import { readFolder, type FolderFile } from "./pinned-folder.ts";
import { pinsIn, writePins } from "./write-pins.ts";

/**
 * `lrq library pull NAME...`: pins the hashes that Defender lists for these names. All or none are
 * pinned. The API has no download of library files, so the bytes stay where they are.
 */
export async function pull(
  { folder, names, check }: LibraryAsked,
  { say, complain }: LibrarySurroundings,
  tenant: TenantLibrary,
): Promise<ExitCode> {
  if (names.length === 0) throw new UsageError("pull needs the name of a file");
  const pins = pinsIn(folder);
  const { files } = readFolder(folder);
  const listed = await tenant.list();
  if (listed.kind !== "answered") {
    const { why, exitCode } = unread(listed);
    complain(why);
    return exitCode;
  }
  const problems = names.flatMap((name) => pullProblem(name, listed.value, files) ?? []);
  for (const problem of problems) complain(problem);
  if (problems.length > 0) return EXIT.failed;
  const pulled = listed.value.filter(({ name }) => names.includes(name)).map(pinOf(pins));
  const changed = pulled.filter(({ name, sha256 }) => pins.get(name)?.sha256 !== sha256);
  for (const { name, sha256 } of changed) say(`pin      ${name} ${sha256}`);
  say("lrq has not seen these bytes: it pins the hash that Defender lists.");
  if (check) return changed.length > 0 ? EXIT.failed : EXIT.done;
  const after = new Map([...pins, ...pulled.map((pin): [string, Pin] => [pin.name, pin])]);
  if (changed.length > 0) writePins(folder, [...after.values()]);
  return EXIT.done;
}

function pullProblem(
  name: string,
  listed: readonly LibraryFile[],
  files: readonly FolderFile[],
): string | null {
  const misnamed = libraryFileProblem(name);
  if (misnamed !== null) return `${name}: ${misnamed}`;
  const [there, ...more] = listed.filter((file) => file.name === name);
  if (there === undefined) return `${name} is not in the tenant's library.`;
  if (more.length > 0) return `${name} is listed twice.`;
  if (there.sha256 === null) return `Defender gives no hash of ${name}.`;
  const here = files.find((file) => file.name === name);
  if (here === undefined || here.sha256 === there.sha256) return null;
  return `${name} has other bytes in the folder: remove it there, or run lrq library apply.`;
}

/** What people wrote about a file stays. Whether it is signed cannot be seen from here. */
function pinOf(pins: Pins): (file: LibraryFile) => Pin {
  return ({ name, sha256, description }) => {
    const old = pins.get(name);
    return {
      name,
      sha256: sha256 ?? "",
      description: old?.description ?? wordsIn(description),
      parameters: old?.parameters ?? null,
      signed: old?.signed ?? false,
    };
  };
}

/** Longer descriptions are cut: a pin has room for 500 characters. */
function wordsIn(description: string | null): string | null {
  const words = withoutMark(description ?? "")
    .slice(0, 500)
    .trim();
  return words === "" ? null : words;
}
