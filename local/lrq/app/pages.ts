import type { z } from "zod";
import type { Answered, Lrq } from "./lrq.ts";

/** A page of a list: its lines, and the cursor of the next one. */
interface Page {
  readonly next: string | null;
}

/** How much of a list is read. */
export interface Extent {
  /** Pages at most. */
  readonly pages: number;
  /** Parameters, without the cursor. */
  readonly query: Readonly<Record<string, string>>;
}

/** The pages of a list, one after the other, from the first; at most so many. */
export async function* pagesOf<T extends Page>(
  lrq: Lrq,
  path: string,
  form: z.ZodType<T>,
  { pages, query }: Extent,
): AsyncGenerator<Answered<T>> {
  let cursor: string | null = null;
  for (let read = 0; read < pages; read += 1) {
    const asked = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
    const answer: Answered<T> = await lrq.get(`${path}?${asked.toString()}`, form);
    yield answer;
    cursor = answer.value.next;
    if (cursor === null) return;
  }
}
