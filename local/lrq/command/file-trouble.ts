import { EXIT } from "./exit-codes.ts";
import { Stop } from "./stop.ts";

/** What the file system says, and what to do, by Node's code. */
const TROUBLES: Readonly<Record<string, readonly [what: string, todo: string]>> = {
  ENOSPC: ["The disk is full", "Make room, or name a folder on another disk; then try again."],
  EDQUOT: ["Your share of the disk is full", "Make room, or name another folder."],
  EACCES: ["This account may not use", "Name another folder or file, or change its rights."],
  EPERM: ["This account may not use", "Name another folder or file, or change its rights."],
  EROFS: ["The disk is read-only", "Name a folder on another disk."],
  ENOENT: ["There is no", "Check the path."],
  ENOTDIR: ["A part of the path is no folder", "Check the path."],
  EISDIR: ["A folder is where a file is wanted", "Check the path."],
  EEXIST: ["Something is there already", "lrq overwrites nothing. Name another folder or file."],
  ENAMETOOLONG: ["The path is too long", "Name a folder with a shorter path."],
};

/** The end of a command that the file system refused something; null if it was not that. */
export function fileTrouble(error: unknown): Stop | null {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return null;
  const [what, todo] = TROUBLES[String(error.code)] ?? [];
  if (what === undefined || todo === undefined) return null;
  const path = "path" in error && typeof error.path === "string" ? `: ${error.path}` : "";
  return new Stop(EXIT.failed, `${what}${path}.`, { todo });
}
