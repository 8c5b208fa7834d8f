import { z } from "zod";
import { SEQUENCE_STATES } from "../ledger/sequence/sequence.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 */

const skipped = z.array(z.strictObject({ machine: z.string(), reason: z.string() }));
const readAs = z.array(z.strictObject({ machine: z.string(), as: z.string() }));

/** `POST incidents/{source}?dryRun=true`. */
export const dryRunSchema = z.strictObject({
  dryRun: z.literal(true),
  runId: z.string().nullable(),
  machines: z.array(
    z.strictObject({
      machineId: z.string(),
      machineName: z.string().nullable(),
      machineFacts: z
        .strictObject({
          platform: z.string().nullable(),
          tags: z.array(z.string()).nullable(),
          group: z.string().nullable(),
          health: z.string().nullable(),
        })
        .nullable(),
      profile: z.strictObject({ name: z.string(), version: z.number() }),
      parameters: z.record(z.string(), z.string()),
      lane: z.number(),
      approvals: z.number(),
      commands: z.array(
        z.strictObject({ type: z.string(), parameters: z.record(z.string(), z.string()) }),
      ),
      sequenceId: z.string().nullable(),
      state: z.enum(SEQUENCE_STATES).nullable(),
    }),
  ),
  skipped,
  readAs,
  commands: z.number(),
  calls: z.number(),
  sessions: z.number(),
  estimatedMinutes: z.number().nullable(),
  approval: z.strictObject({ needed: z.number(), sequences: z.number() }).nullable(),
  refused: z.array(z.strictObject({ type: z.string(), detail: z.string() })),
});
