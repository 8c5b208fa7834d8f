import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/**
 * An action of ours that appeared when its sequence had another one, or was over; `ran` is true
 * once commands of it may have run.
 */
export const lateActionSchema = rowObject({
  actionId: z.string(),
  part: z.number().int(),
  attempt: z.number().int(),
  status: z.string(),
  ran: z.boolean(),
});
export type LateAction = z.infer<typeof lateActionSchema>;
