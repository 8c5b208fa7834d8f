import { z } from "zod";

/**
 * What one check came to. `warning` works, but not as it should; `unknown` is what cannot be told
 * from here. Nothing in it is a secret.
 */
export const findingSchema = z.object({
  check: z.string(),
  state: z.enum(["ok", "warning", "error", "unknown"]),
  what: z.string(),
  /** What to do about it; null if there is nothing to do. */
  fix: z.string().nullable(),
});
export type Finding = Readonly<z.infer<typeof findingSchema>>;

/** Nothing to do. */
export function ok(check: string, what: string): Finding {
  return { check, state: "ok", what, fix: null };
}

/** Something to do. */
export function found(
  state: "warning" | "error" | "unknown",
  check: string,
  what: string,
  fix: string,
): Finding {
  return { check, state, what, fix };
}

/** 1 if anything is an error: a script then stops. */
export function exitCode(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ state }) => state === "error") ? 1 : 0;
}
