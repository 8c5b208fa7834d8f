import type { Shell } from "./quoting.ts";

/**
 * Library file names are letters, digits, `-`, `_` and `.` (live response page, library); the
 * length is ours.
 */
const LIBRARY_FILE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/**
 * Longest path we ask for: Windows' classic limit is 260 and Linux' 4,096; profiles need far less
 * than either.
 */
const MAX_PATH_CHARACTERS = 1_024;

/**
 * Characters that stand for several files or cannot be in a path, including control characters and
 * halves of surrogate pairs.
 */
const REFUSED_IN_PATHS = /[*?[\]"<>|\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;
const REFUSED_IN_WINDOWS_PATHS = /[*?"<>|\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;

/** What is wrong with the name of a library file, as a sentence; null if nothing is. */
export function libraryFileProblem(name: string): string | null {
  if (LIBRARY_FILE.test(name)) return null;
  return "Name a library file: at most 128 letters, digits, - _ . and no - or . at its start.";
}

/**
 * What is wrong with a path to fetch, as a sentence; null if nothing is. A path is absolute for the
 * shell's platforms (`C:\...` or `/...`), names one file (no wildcard, no closing slash) and has no
 * `.` or `..` segment.
 */
export function pathProblem(shell: Shell, path: string): string | null {
  if (path.length > MAX_PATH_CHARACTERS) {
    return `Send a path of at most ${MAX_PATH_CHARACTERS} characters.`;
  }
  const windows = shell === "powershell";
  if (windows ? !/^[A-Za-z]:[\\/]/.test(path) : !path.startsWith("/")) {
    return windows
      ? String.raw`Send an absolute path, such as C:\Temp\a.zip.`
      : "Send an absolute path, such as /tmp/a.gz.";
  }
  if ((windows ? REFUSED_IN_WINDOWS_PATHS : REFUSED_IN_PATHS).test(path)) {
    return "Send the path of one file, without wildcards, quotes, < > | or control characters.";
  }
  const segments = path.split(windows ? /[\\/]/ : "/");
  // Windows drops dots and spaces at the end of a name, so ".. " climbs like "..".
  const climbs = windows ? /^[. ]+$/ : /^\.{1,2}$/;
  if (segments.some((segment) => climbs.test(segment))) {
    return "Send a path without . and .. segments.";
  }
  return segments.at(-1) === "" ? "Send the path of a file, not of a folder." : null;
}
