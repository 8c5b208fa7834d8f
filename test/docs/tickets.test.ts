import { describe, expect, it } from "vitest";
import { parseCallers } from "../../shared/access/caller.ts";
import { page } from "./markdown.ts";

/** The blocks of JSON in the page's lists, which are indented. */
const CALLERS = [...page("docs/tickets.md").matchAll(/^ {3}```json\n(.*?)^ {3}```$/gms)];

describe("the page about ServiceNow and Jira", () => {
  it("shows callers that are right", () => {
    expect(CALLERS).toHaveLength(2);
    const callers = CALLERS.map(([, text = ""]) => text).join(",");
    expect(parseCallers(`[${callers}]`)).toMatchObject({ kind: "parsed" });
  });
});
