import type { z } from "zod";
import type { Problem } from "./problem.ts";

/** Most unknown fields that one problem names, so that its message stays a sentence. */
const MAX_NAMED_FIELDS = 5;

/** The problems that a Zod schema found, with dotted paths; `under` is put before each path. */
export function schemaProblems(error: z.ZodError, under = ""): Problem[] {
  return error.issues.map((issue) => ({
    path: [under, ...issue.path.map(String)].filter((part) => part !== "").join("."),
    message: messageOf(issue),
  }));
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  const named = issue.keys.slice(0, MAX_NAMED_FIELDS).map((key) => `"${key.slice(0, 20)}"`);
  const more = issue.keys.length - named.length;
  return `Remove the unknown field ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}
