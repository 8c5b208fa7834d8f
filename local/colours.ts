/** How a piece of text is meant; a terminal shows it as a colour. */
export type Tone = "plain" | "faint" | "strong" | "good" | "bad" | "busy" | "waiting";

/** Wraps a text in the colour of its tone, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

/**
 * SGR parameters (ECMA-48): the eight basic colours only, which every terminal theme makes
 * readable.
 */
const CODES = {
  plain: "",
  faint: "2",
  strong: "1",
  good: "32",
  bad: "31",
  busy: "36",
  waiting: "33",
} as const satisfies Record<Tone, string>;

/** A paint that colours, or one that does not. */
export function paintFor(coloured: boolean): Paint {
  return (tone, text) => {
    const code = CODES[tone];
    return !coloured || code === "" || text === "" ? text : `\u001b[${code}m${text}\u001b[0m`;
  };
}

/**
 * Colours are for terminals, and only without NO_COLOR (no-color.org: set and not empty) and not on
 * a dumb one.
 */
export function wantsColour(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}
