import type { z } from "zod";

/*
 * A cursor says where the next page of a list begins. It is opaque: the base64url of JSON that only
 * the list itself reads. Nobody signs it, so a list has to check what it says.
 */

/** Longer than any key of the ledger needs. Our own bound. */
const CURSOR_CHARACTERS_MAX = 1_000;

/** The cursor that says this. */
export function cursorOf(says: unknown): string {
  return Buffer.from(JSON.stringify(says), "utf8").toString("base64url");
}

/** What a cursor of this form says; null if it is none. */
export function readCursor<T>(form: z.ZodType<T>, cursor: string): T | null {
  if (cursor.length > CURSOR_CHARACTERS_MAX || !/^[\w-]+$/.test(cursor)) return null;
  try {
    const read = form.safeParse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
