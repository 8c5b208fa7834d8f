import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { libraryFileProblem } from "../../shared/plan/command/file-names.ts";
import { PINS_FILE } from "../../shared/plan/library/pins.ts";

/** Upload to library API page: 20 MB. Whether that is 20,000,000 is not said; tools count so. */
const FILE_BYTES_MAX = 20 * 1_048_576;

/** What lies in the folder for people and for git, and is never uploaded. */
const NOT_UPLOADED = new Set([PINS_FILE, "README.md"]);

/** A file of the folder, with what a pin says of its bytes. */
export interface FolderFile {
  readonly name: string;
  readonly sha256: string;
  readonly isSigned: boolean;
}

/** The files of `folder` that belong into the library, and what is wrong with some. */
export interface ReadFolder {
  readonly files: readonly FolderFile[];
  readonly problems: readonly string[];
}

/** Reads the folder. Subfolders, and names and sizes that Defender refuses, are problems. */
export function readFolder(folder: string): ReadFolder {
  if (!existsSync(folder)) return { files: [], problems: [`There is no folder ${folder}.`] };
  const names = readdirSync(folder).filter((name) => !NOT_UPLOADED.has(name) && name[0] !== ".");
  const files: FolderFile[] = [];
  const problems: string[] = [];
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    const problem = fileProblem(path, name);
    if (problem === null) files.push(fileAt(path, name));
    else problems.push(problem);
  }
  return { files, problems };
}

function fileProblem(path: string, name: string): string | null {
  const stat = statSync(path);
  if (!stat.isFile()) return `${name} is no file; the library has no folders.`;
  const misnamed = libraryFileProblem(name);
  if (misnamed !== null) return `${name}: ${misnamed}`;
  if (stat.size > FILE_BYTES_MAX) return `${name} has more than 20 MB, which Defender refuses.`;
  return stat.size === 0 ? `${name} is empty.` : null;
}

function fileAt(path: string, name: string): FolderFile {
  const bytes = readFileSync(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, sha256, isSigned: bytes.includes(SIGNATURE_BEGINS) };
}

/** What Set-AuthenticodeSignature writes before the signature in a script. */
const SIGNATURE_BEGINS = "# SIG # Begin signature block";
