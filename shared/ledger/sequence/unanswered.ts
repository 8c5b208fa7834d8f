import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/**
 * The latest POST of a sequence that got no answer of Defender's, what came instead, and how many
 * such POSTs of its part there were; a record has it until Defender has its action.
 */
export const unansweredSchema = rowObject({
  part: z.number().int(),
  attempt: z.number().int(),
  times: z.number().int(),
  detail: z.string(),
});
type Unanswered = z.infer<typeof unansweredSchema>;

/** The part and attempt that a sequence stands at. */
interface Posted {
  readonly part: number;
  readonly attempt: number;
  readonly unanswered: Unanswered | null;
}

/** Whoever posted it has died, or could not write the answer down. */
export const NOT_RECORDED = "no host recorded an answer in time";

/** More than any sentence about an answer needs. */
const DETAIL_CHARACTERS = 500;

/** What came instead of Defender's answer to this POST, counted with those of its part before. */
export function unansweredAfter({ part, attempt, unanswered }: Posted, detail: string): Unanswered {
  const times = (unanswered?.part === part ? unanswered.times : 0) + 1;
  return { ...unanswered, part, attempt, times, detail: detail.slice(0, DETAIL_CHARACTERS) };
}

/** A sentence about the last POST, if it got no answer; else nothing. */
export function lastTry({ unanswered }: Pick<Posted, "unanswered">): string {
  return unanswered === null ? "" : ` Its last POST got no answer: ${unanswered.detail}.`;
}
