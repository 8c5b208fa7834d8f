import { describe, expect, it } from "vitest";
import { isoOrNull } from "../../../shared/ledger/row/instant.ts";
import { START_MS } from "../a-sequence.ts";

describe("an instant, as people read it", () => {
  it("is in UTC, and nothing where nothing is known", () => {
    expect(isoOrNull(START_MS)).toBe("2026-11-20T10:00:00.000Z");
    expect(isoOrNull(null)).toBeNull();
  });
});
