import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cursorOf, readCursor } from "../../../shared/ledger/row/cursor.ts";

const form = z.strictObject({ after: z.string() });

describe("a cursor", () => {
  it("is read back by its list, whatever it says, and needs no escaping in an address", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 50 }), (after) => {
        const cursor = cursorOf({ after });
        expect(readCursor(form, cursor)).toEqual({ after });
        expect(encodeURIComponent(cursor)).toBe(cursor);
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["no JSON", Buffer.from("{").toString("base64url")],
    ["the cursor of another list", cursorOf({ before: "x" })],
    ["no base64url", `${cursorOf({ after: "x" })}=`],
    ["one that is too long", cursorOf({ after: "x".repeat(1_000) })],
  ])("is none of the list if it is %s", (_, cursor) => {
    expect(readCursor(form, cursor)).toBeNull();
  });

  it("is refused, and never thrown, whatever is sent", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readCursor(form, text)).toBeNull();
      }),
    );
  });
});
