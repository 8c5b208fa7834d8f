import { columnsOf } from "../../columns.ts";

/** Lines of whole words; a word that is longer than a line stays whole. Never without a line. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const last = lines.at(-1);
    const joined = `${last} ${word}`;
    if (last === undefined || columnsOf(joined) > columns) lines.push(word);
    else lines[lines.length - 1] = joined;
  }
  return lines.length === 0 ? [""] : lines;
}
