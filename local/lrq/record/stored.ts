import { z } from "zod";

const stored = z.object({
  sequenceId: z.string(),
  index: z.int(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  type: z.string(),
  servedName: z.string().nullable(),
  size: z.number(),
  sha256: z.string(),
  path: z.string(),
});

/** GET runs/{runId}/evidence. */
export const evidenceSchema = z.object({ runId: z.string(), evidence: z.array(stored) });

/**
 * A result that lrq has stored, and the run that it is of. With `below` it is fetched into a folder
 * of that name within the folder of its machine.
 */
export type Stored = z.infer<typeof stored> & {
  readonly runId: string;
  readonly below?: string;
};
