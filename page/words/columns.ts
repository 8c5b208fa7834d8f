/**
 * Columns of the shipped profiles that tell what is odd: by whom a program is signed or where it
 * comes from, where it lies, and who may do what.
 */
const TELLING = ["signer", "origin", "path", "member", "port"] as const;
/** More make nearly every row a value of its own. */
const MOST = 2;

/** The columns that a stack counts by until somebody chooses others; the first if none is known. */
export function columnsToStackBy(columns: readonly string[]): readonly string[] {
  const telling = TELLING.filter((each) => columns.includes(each)).slice(0, MOST);
  // A round of both kinds of platforms has a signer for one, and an origin for the other.
  const isBoth = telling.includes("signer") && telling.includes("origin");
  const chosen = isBoth && columns.includes("path") ? [...telling, "path"] : telling;
  return chosen.length > 0 ? chosen : columns.slice(0, 1);
}
