import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/** What the run knows of the rows of its summary. */
export const summarizedSchema = rowObject({
  /** The hash of the summary as it was written last. An older version of the app keeps it. */
  hash: z.string(),
  /** True if the run has a row among those that are running. */
  running: z.boolean(),
});
export type Summarized = z.infer<typeof summarizedSchema>;
