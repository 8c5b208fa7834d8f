import { z } from "zod";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 */

const counted = z.strictObject({ count: z.number(), atLeast: z.boolean() });

/** `GET queue`. */
export const queueSchema = z.strictObject({
  waiting: counted,
  parked: counted,
  sequences: z.array(
    z.strictObject({
      position: z.number().nullable(),
      lane: z.number().nullable(),
      acceptedAt: z.iso.datetime().nullable(),
      sequenceId: z.string().nullable(),
      runId: z.string().nullable(),
      source: z.string().nullable(),
      incidentId: z.string().nullable(),
      machineId: z.string().nullable(),
      machineName: z.string().nullable(),
      profile: z.strictObject({ name: z.string(), version: z.number() }).nullable(),
      requestedBy: z.string().nullable(),
      code: z.string().nullable(),
      detail: z.string().nullable(),
      nextStep: z
        .strictObject({ code: z.string(), step: z.string(), needsPerson: z.boolean() })
        .nullable(),
      estimatedStart: z.iso.datetime().nullable(),
    }),
  ),
  next: z.string().nullable(),
});

/** `GET callbacks`. */
export const callbacksSchema = z.strictObject({
  callbacks: z.array(
    z.strictObject({
      runId: z.string(),
      noticeId: z.string(),
      event: z.string(),
      sequenceId: z.string().nullable(),
      host: z.string().nullable(),
      shape: z.string().nullable(),
      state: z.enum(["owed", "dead"]),
      tries: z.number(),
      lastAnswer: z.string().nullable(),
      dueAt: z.iso.datetime().nullable(),
      diedAt: z.iso.datetime().nullable(),
    }),
  ),
  next: z.string().nullable(),
});
