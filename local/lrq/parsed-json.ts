import type { z } from "zod";

/** The value in a text; null if it is no JSON, or none of this form. */
export function parsed<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
