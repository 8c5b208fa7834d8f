import type { z } from "zod";

/**
 * A row that this version of the app cannot read: a newer one wrote it, or it is damaged. It is set
 * aside: nobody writes it, and everything else goes on.
 */
export class SetAside extends Error {
  readonly key: string;
  /** One line for people. */
  readonly why: string;

  constructor(key: string, why: string) {
    super(`the row ${key} is set aside: ${why}`);
    this.name = "SetAside";
    this.key = key;
    this.why = why;
  }
}

/** What was read, or why a row that it needs is set aside. Any other error is thrown on. */
export async function orSetAside<T>(reading: Promise<T>): Promise<T | SetAside> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SetAside) return error;
    throw error;
  }
}

/** A row with what is needed to read it. */
interface Readable {
  readonly key: string;
  readonly body: unknown;
}

/** The value of the row. Throws `SetAside` if it has another form. */
export function valueOf<T>(form: z.ZodType<T>, { key, body }: Readable): T {
  const read = form.safeParse(body);
  if (read.success) return read.data;
  throw new SetAside(key, whyUnreadable(body, read.error));
}

/** The rows that have this form, with their values, and the other rows as set aside. */
export function sorted<T, R extends Readable>(
  form: z.ZodType<T>,
  rows: readonly R[],
): { readonly readable: { readonly row: R; readonly value: T }[]; readonly aside: SetAside[] } {
  const readable: { row: R; value: T }[] = [];
  const aside: SetAside[] = [];
  for (const row of rows) {
    const read = form.safeParse(row.body);
    if (read.success) readable.push({ row, value: read.data });
    else aside.push(new SetAside(row.key, whyUnreadable(row.body, read.error)));
  }
  return { readable, aside };
}

const WHY_CHARACTERS = 200;

/** The issue names a field and what was expected there, never the value. */
function whyUnreadable(body: unknown, { issues }: z.core.$ZodError): string {
  const [first] = issues;
  const version = typeof body === "object" && body !== null && "v" in body ? body.v : null;
  if (first?.path[0] === "v" && typeof version === "number") {
    return `it has version ${version}, which this version of the app does not know`;
  }
  const where = first?.path.join(".") ?? "";
  return `it cannot be read: ${where}: ${first?.message ?? ""}`.slice(0, WHY_CHARACTERS);
}
