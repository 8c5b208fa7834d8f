import { z } from "zod";
import { SEQUENCE_STATES } from "../ledger/sequence/sequence.ts";
import { machineFactsForm, readAsForm, skippedForm } from "./machine-forms.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 * A member that is optional is missing in the answers of the release before.
 */

/** The 202 of a webhook. */
export const acceptedSchema = z.strictObject({
  runId: z.string().regex(/^[0-9a-hjkmnp-tv-z]{20}$/),
  status: z.enum(["running", "finished"]),
  statusUrl: z.url(),
  sequences: z.array(
    z.strictObject({
      sequenceId: z.string(),
      machineId: z.string(),
      machineName: z.string().nullable(),
      state: z.enum(SEQUENCE_STATES),
    }),
  ),
  skipped: skippedForm,
  readAs: readAsForm.optional(),
});

/** `POST incidents/{source}?dryRun=true`. */
export const dryRunSchema = z.strictObject({
  dryRun: z.literal(true),
  runId: z.string().nullable(),
  machines: z.array(
    z.strictObject({
      machineId: z.string(),
      machineName: z.string().nullable(),
      machineFacts: machineFactsForm.nullable(),
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
  skipped: skippedForm,
  readAs: readAsForm,
  commands: z.number(),
  calls: z.number(),
  sessions: z.number(),
  estimatedMinutes: z.number().nullable(),
  approval: z.strictObject({ needed: z.number(), sequences: z.number() }).nullable(),
  refused: z.array(z.strictObject({ type: z.string(), detail: z.string() })),
});
