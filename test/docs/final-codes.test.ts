import { expect, it } from "vitest";
import { FINAL_CODES } from "../../shared/defender/final-codes.ts";
import { page, section, tableIn } from "./markdown.ts";

it("the page about the HTTP interface lists what Defender can refuse, as the client reads it", () => {
  const documented = tableIn(section(page("docs/api.md"), "What Defender can refuse"));
  const known = Object.entries(FINAL_CODES).map(([code, { httpStatus, concerns, source }]) => {
    return [`\`${code}\``, String(httpStatus), concerns === "app" ? "all wait" : "ends", source];
  });
  expect(documented).toEqual(known);
});
