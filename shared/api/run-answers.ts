import { z } from "zod";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 */

const count = z.number().int().nonnegative();
const ended = count.nullable();

/** `GET runs`. */
export const runsSchema = z.strictObject({
  runs: z.array(
    z.strictObject({
      runId: z.string(),
      state: z.enum(["running", "finished"]),
      source: z.string(),
      incidentId: z.string(),
      title: z.string(),
      severity: z.string(),
      url: z.string().nullable(),
      team: z.string().nullable(),
      requestedBy: z.string(),
      requestedAt: z.iso.datetime(),
      finishedAt: z.iso.datetime().nullable(),
      counts: z.strictObject({
        total: count,
        open: count,
        succeeded: ended,
        failed: ended,
        timedOut: ended,
        cancelled: ended,
        expired: ended,
        refused: ended,
      }),
      failures: z.record(z.string(), count),
      needs: z.array(z.enum(["approval", "paused", "failed"])),
      approvalExpiresAt: z.iso.datetime().nullable(),
    }),
  ),
  next: z.string().nullable(),
});

const nextStep = z
  .strictObject({ code: z.string(), step: z.string(), needsPerson: z.boolean() })
  .nullable();
const optionalText = z.string().nullable();
const optionalTime = z.iso.datetime().nullable();

/** `GET attention`. */
export const attentionSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      code: z.string(),
      detail: z.string(),
      nextStep,
      since: optionalTime,
      until: optionalTime,
      count: count.nullable(),
      runId: optionalText,
      source: optionalText,
      incidentId: optionalText,
      title: optionalText,
      machineId: optionalText,
      machineName: optionalText,
      sequenceId: optionalText,
    }),
  ),
});

/** `GET machines/{idOrName}/sequences`. */
export const machineSchema = z.strictObject({
  machine: z.strictObject({ machineId: z.string(), machineName: optionalText }),
  sequences: z.array(
    z.strictObject({
      runId: z.string(),
      source: z.string(),
      incidentId: z.string(),
      title: z.string(),
      sequenceId: z.string(),
      requestedBy: z.string(),
      profile: z.strictObject({ name: z.string(), version: z.number() }),
      state: z.string(),
      acceptedAt: z.iso.datetime(),
      submittedAt: optionalTime,
      endedAt: optionalTime,
      outcome: z.looseObject({ code: z.string(), detail: z.string() }).nullable(),
      waits: z
        .strictObject({
          code: z.string(),
          detail: z.string(),
          position: z.number().nullable(),
          estimatedStart: optionalTime,
        })
        .nullable(),
      nextStep,
    }),
  ),
  next: optionalText,
});
