import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/**
 * The latest POST of a sequence to which Defender gave no answer, what came instead, and how many
 * such POSTs its part had. A record has it until Defender has its action.
 */
export const unansweredSchema = rowObject({
  part: z.number().int(),
  attempt: z.number().int(),
  times: z.number().int(),
  detail: z.string(),
});
type Unanswered = z.infer<typeof unansweredSchema>;

/** The present part and attempt of a sequence. */
interface Posted {
  readonly part: number;
  readonly attempt: number;
  readonly unanswered: Unanswered | null;
}

/** The process that posted it has died, or could not write the answer down. */
export const NOT_RECORDED = "no host recorded an answer in time";

/** More than any sentence about an answer needs. */
const DETAIL_CHARACTERS = 500;

/**
 * What came instead of Defender's answer to this POST, and the number of such POSTs of its part.
 */
export function unansweredAfter({ part, attempt, unanswered }: Posted, detail: string): Unanswered {
  const times = (unanswered?.part === part ? unanswered.times : 0) + 1;
  return { ...unanswered, part, attempt, times, detail: detail.slice(0, DETAIL_CHARACTERS) };
}

/** A sentence about the last POST if it got no answer; otherwise empty. */
export function lastTry({ unanswered }: Pick<Posted, "unanswered">): string {
  return unanswered === null ? "" : ` Its last POST got no answer: ${unanswered.detail}.`;
}
