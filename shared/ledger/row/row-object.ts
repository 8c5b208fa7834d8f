import { z } from "zod";

/**
 * An object in a row of the ledger. Two versions of the app write the same rows, so a field that
 * this one does not know is kept when the row is read and written back. The type names only the
 * fields it knows.
 */
export function rowObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}
