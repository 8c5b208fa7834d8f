import { page } from "./markdown.ts";

const WORDS: Readonly<Record<number, string>> = {
  4: "four",
  6: "six",
  8: "eight",
  20: "twenty",
  100: "hundred",
};

/** The number that a file gives a constant: whole numbers, multiplied or raised to a power. */
export function numberIn(path: string, constant: string): number {
  const declared = new RegExp(`^(?:export )?const ${constant} = ([\\d_ *]+);$`, "m");
  const [, text] = declared.exec(page(path)) ?? [];
  if (text === undefined) throw new Error(`${path} has no number ${constant}`);
  return text
    .replaceAll("_", "")
    .split(" * ")
    .map((factor) => factor.split(" ** ").map(Number))
    .reduce((product, [base = NaN, power = 1]) => product * base ** power, 1);
}

/** A number as the pages write it: in digits, or in a word. */
export function written(number: number): readonly string[] {
  const digits = number.toLocaleString("en-US");
  const word = WORDS[number];
  return word === undefined ? [digits] : [digits, word];
}

/** The text of a page without its breaks of lines. */
export function flowing(path: string): string {
  return page(path).replaceAll(/\s+/g, " ");
}
