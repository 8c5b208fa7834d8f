import type { Column } from "../../plan/profile/rows-form.ts";
import type { Cell } from "./parsed-rows.ts";

/** Characters of a wrong value that are shown. */
const SHOWN_CHARACTERS = 40;

const NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INSTANT =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?) ?(Z|[+-]\d\d(?::?\d\d)?)$/i;
/** What Windows PowerShell makes of a time in JSON. */
const MILLISECONDS = /^\/Date\((-?\d{1,16})\)\/$/;

/** A row with a cell for each column; or, as a text, why it is wrong. */
export type TypedRow = readonly Cell[] | string;

/**
 * A row of what a machine said for each column. A value in quotes is as good as one without: 5 and
 * "5" are the same number and the same text. Nothing, and an empty text for what is no text, is
 * null. Refused: a value that is not of its column's type, a day that no calendar has, a whole
 * number that JavaScript cannot hold exactly (more than 2^53 - 1), and a row without a value for a
 * key.
 */
export function typedRow(
  columns: readonly Column[],
  valueOf: (index: number) => unknown,
): TypedRow {
  const cells: Cell[] = [];
  for (const [index, { name, type, key }] of columns.entries()) {
    const value = valueOf(index) ?? null;
    const cell = value === null || (value === "" && type !== "text") ? null : cellOf(value, type);
    if (cell === undefined) return `${name} is no ${type}: ${shown(value)}`;
    if (cell === null && key === true) return `${name} is a key, and has no value`;
    cells.push(cell);
  }
  return cells;
}

function cellOf(value: unknown, type: Column["type"]): Cell | undefined {
  if (!["string", "number", "boolean"].includes(typeof value)) return undefined;
  // Such a number of a JSON was rounded when it was read.
  if (typeof value === "number" && exact(value) === undefined) return undefined;
  const text = String(value);
  switch (type) {
    case "text":
      return text;
    case "number":
      return typeof value !== "boolean" && NUMBER.test(text) ? exact(Number(text)) : undefined;
    case "boolean":
      return booleanOf(text.toLowerCase());
    case "time":
      return typeof value === "string" ? instantOf(text) : undefined;
  }
}

function exact(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value;
}

function booleanOf(text: string): boolean | undefined {
  if (text === "true") return true;
  return text === "false" ? false : undefined;
}

/** In UTC with milliseconds, so that the same instant is the same text. */
function instantOf(text: string): string | undefined {
  const [, milliseconds] = MILLISECONDS.exec(text) ?? [];
  if (milliseconds !== undefined) return isoOf(Number(milliseconds));
  const found = INSTANT.exec(text);
  if (found === null) return undefined;
  const [, date = "", clock = "", offset = ""] = found;
  // JavaScript takes 30 February for 2 March.
  if (isoOf(Date.parse(`${date}T00:00:00Z`))?.slice(0, date.length) !== date) return undefined;
  const [hours = "", fraction = ""] = clock.replace(",", ".").split(".");
  const seconds = hours.length === 5 ? `${hours}:00` : hours;
  const zone = /^[+-]/.test(offset) ? withMinutes(offset) : offset.toUpperCase();
  return isoOf(Date.parse(`${date}T${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`));
}

/** `+0200` and `+02` as `+02:00`. */
function withMinutes(offset: string): string {
  const digits = offset.replace(":", "").slice(1).padEnd(4, "0");
  return `${offset[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}
