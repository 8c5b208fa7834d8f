import { MAX_NAME_CHARACTERS } from "./bounds.ts";

/**
 * A machine id with a few digits too many or too few; much shorter and longer ones are other
 * hashes.
 */
const NEARLY_ID = /^[0-9a-f]{36,44}$/i;

/** Bullets, numbers, headings and marks for bold text that may stand before a label. */
const MARKS = /^(?:[\s\p{Cf}\p{P}\p{S}]|\d+[.)]|h[1-6]\.)*/iu;
/** Macros of Jira's wiki text, which stand around words. */
const MACRO = /\{(?:color|quote|noformat|code|panel)[^{}\n]{0,100}\}/gi;
/** What says that machine ids follow: on its line or, if it stands alone, below it. */
const LABEL = /^(?:machine|device)[\s_-]*ids?(?:\(s\))?[^\p{L}\p{N}:=：|]*(?:[:=：|]|$)/iu;
const OF_DEFENDER = /^(?:defender|mde|mdatp)\s*/i;
const BULLET = /^\s*(?:[*#•+–-]+\s|\d+[.)]\s)/;
const BEFORE = /^[\p{Cf}*_{}~"'`()[\]<>:=#+•–.-]+/u;
const AFTER = /[\p{Cf}*_{}~"'`()[\]<>:=#+•–.-]+$/u;

/** The words of a text, without the marks around them. */
export function bareWords(text: string): string[] {
  return text
    .replace(MACRO, " ")
    .split(/[\s,;|]+/)
    .map((word) =>
      // Longer ones are no ids, and looking for their end would take long.
      word.length > MAX_NAME_CHARACTERS ? word : word.replace(BEFORE, "").replace(AFTER, ""),
    )
    .filter((word) => word !== "");
}

/** Whether a word was meant as a machine id. */
export function isNearlyId(word: string): boolean {
  return NEARLY_ID.test(word);
}

/**
 * All words that a text says are machine ids: after a label like `Machine ids:` on its line, in the
 * list, lines or table below it, in the next cells of its row, or in its column.
 */
export function labelledWords(text: string): string[] {
  const lines = text.replace(MACRO, " ").split(/\r\n|[\r\n\u2028\u2029]/);
  return lines.flatMap((line, at) => {
    if (isRow(line)) return wordsOfRow(line, lines, at);
    const rest = afterLabel(line);
    if (rest === null) return [];
    const words = bareWords(rest);
    return words.length > 0 ? words : wordsBelow(lines, at + 1);
  });
}

function afterLabel(line: string): string | null {
  const bare = line
    .replace(MARKS, "")
    .replace(/\p{Cf}+/gu, "")
    .replace(OF_DEFENDER, "");
  const label = LABEL.exec(bare);
  return label === null ? null : bare.slice(label[0].length);
}

/** The list, table or lines that begin here; empty lines before them do not count. */
function wordsBelow(lines: readonly string[], from: number): string[] {
  const first = lines.findIndex((line, at) => at >= from && line.trim() !== "");
  const start = lines[first];
  if (start === undefined) return [];
  const goesOn = isRow(start) ? isRow : BULLET.test(start) ? isBullet : isOnlyWords;
  const words: string[] = [];
  for (let at = first; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (!goesOn(line) || afterLabel(line) !== null) break;
    words.push(...bareWords(line));
  }
  return words;
}

function isBullet(line: string): boolean {
  return BULLET.test(line);
}

/** A line of words with commas between them, or with an id; sentences and headings are none. */
function isOnlyWords(line: string): boolean {
  const words = bareWords(line);
  if (words.some(isNearlyId)) return true;
  const isOneEach = line.split(/[,;]/).every((item) => bareWords(item).length <= 1);
  return words.length > 0 && isOneEach && !line.trim().endsWith(":");
}

function isRow(line: string): boolean {
  return line.trimStart().startsWith("|");
}

/** The cells after that of the label; or those below it, if the ids are there. */
function wordsOfRow(line: string, lines: readonly string[], at: number): string[] {
  const cells = cellsOf(line);
  const column = cells.findIndex(({ text }) => afterLabel(text) !== null);
  const cell = cells[column];
  if (cell === undefined) return [];
  const own = bareWords(afterLabel(cell.text) ?? "");
  const beside = [...own, ...cells.slice(column + 1).flatMap(({ text }) => bareWords(text))];
  const end = lines.findIndex((each, index) => index > at && !isRow(each));
  const rows = lines.slice(at + 1, end < 0 ? lines.length : end);
  const below = rows.flatMap((row) => bareWords(cellsOf(row)[column]?.text ?? ""));
  const isHeading = cell.isHead && cells.every(({ isHead }) => isHead);
  if (beside.some(isNearlyId)) return beside;
  return isHeading || beside.length === 0 || below.some(isNearlyId) ? below : beside;
}

function cellsOf(row: string): { text: string; isHead: boolean }[] {
  const cells = [...row.trim().matchAll(/(\|\|?)([^|]*)/g)];
  return cells
    .filter(([, , text = ""], at) => at < cells.length - 1 || text.trim() !== "")
    .map(([, bar = "", text = ""]) => ({ text, isHead: bar === "||" }));
}
