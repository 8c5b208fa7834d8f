/**
 * The shells that receive a script's arguments: PowerShell on Windows, a POSIX shell on Linux and
 * macOS.
 */
export const SHELLS = ["powershell", "posix"] as const;
/** One of the two shells. */
export type Shell = (typeof SHELLS)[number];

/** The five characters PowerShell takes for a single quote: the ASCII one and U+2018 to U+201B. */
const POWERSHELL_QUOTES = /['\u2018-\u201b]/g;

/**
 * What the API refuses in script parameters, as far as known: `; & | ! $ ( )` (console error of
 * live response) and line breaks. Also what nobody could see in an argument: control characters and
 * halves of surrogate pairs.
 */
const REFUSED_IN_ARGUMENTS = /[;&|!$()\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;

/**
 * `value` as one single-quoted word of that shell: the script receives exactly `value`. Only for
 * values without control characters; check with `refusedInArguments` first.
 */
export function quoteFor(shell: Shell, value: string): string {
  const quotes = shell === "powershell" ? POWERSHELL_QUOTES : /'/g;
  const replacement = shell === "powershell" ? "$&$&" : String.raw`'\''`;
  return `'${value.replace(quotes, replacement)}'`;
}

/** The first character of a script argument that must not be sent; null if all may be. */
export function refusedInArguments(text: string): string | null {
  return REFUSED_IN_ARGUMENTS.exec(text)?.[0] ?? null;
}
