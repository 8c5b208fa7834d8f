import { expect, it } from "vitest";
import { inUtc, lengthBetween } from "../../page/words/instant.tsx";
import { bytes } from "../../page/words/bytes.ts";

it.each([
  [0, "0 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [119 * 60_000, "119 min"],
  [120 * 60_000, "2 h"],
  [47 * 3_600_000, "47 h"],
  [48 * 3_600_000, "2 d"],
])("a length of %i ms is %s, before and behind", (ms, said) => {
  expect([lengthBetween(0, ms), lengthBetween(ms, 0)]).toEqual([said, said]);
});

it("an instant is in UTC, to the second", () => {
  expect(inUtc("2026-11-29T03:04:05.678Z")).toBe("2026-11-29 03:04:05Z");
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_536, "1.50 KiB"],
  [3_221_225_472, "3.00 GiB"],
])("%i bytes are %s", (size, said) => {
  expect(bytes(size)).toBe(said);
});
