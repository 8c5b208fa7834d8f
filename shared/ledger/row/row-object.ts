import { z } from "zod";

/**
 * An object in a row of the ledger. Two versions of the app write the same rows. So if this version
 * does not know a field, it keeps the field when it writes the row again. The type names only the
 * fields it knows.
 */
export function rowObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}
