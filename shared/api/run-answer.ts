import { z } from "zod";
import { SEQUENCE_STATES } from "../ledger/sequence/sequence.ts";
import { machineFactsForm, readAsForm, skippedForm } from "./machine-forms.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 * A member that is optional is missing in the answers of the release before.
 */

const result = z.strictObject({
  state: z.enum(["owed", "stored", "unavailable"]),
  detail: z.string().nullable(),
  tries: z.number(),
  nextTryAt: z.iso.datetime().nullable(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
  servedName: z.string().nullable(),
  path: z.string().nullable(),
  scriptFailed: z.boolean().nullable(),
  exitCode: z.number().nullable(),
  output: z.string().nullable(),
  scriptErrors: z.string().nullable(),
  // The release before reads no rows.
  rows: z
    .strictObject({
      count: z.number(),
      wrong: z.number(),
      cut: z.enum(["rows", "bytes"]).nullable(),
      trouble: z.string().nullable(),
    })
    .nullable()
    .optional(),
});

const sequence = z.strictObject({
  sequenceId: z.string(),
  requestedBy: z.string().optional(),
  // The release before cannot retry one.
  retryOf: z.string().nullable().optional(),
  retriedBy: z.string().nullable().optional(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  machineFacts: machineFactsForm
    .extend({ askedAt: z.string().nullable() })
    .nullable()
    // The release before does not say it.
    .optional(),
  profile: z.strictObject({ name: z.string(), version: z.number() }),
  parameters: z.record(z.string(), z.string()),
  state: z.enum(SEQUENCE_STATES),
  machineActionId: z.string().nullable(),
  machineActionStatus: z.string().nullable(),
  scripts: z.enum(["ok", "failed", "unknown"]).nullable(),
  doneTwice: z.boolean(),
  lateActions: z.array(
    z.strictObject({ machineActionId: z.string(), status: z.string(), ran: z.boolean() }),
  ),
  // The release before does not say it.
  impersonations: z
    .array(
      z.strictObject({
        machineActionId: z.string(),
        machineId: z.string().nullable(),
        requestor: z.string().nullable(),
        why: z.enum(["attempt", "nonce", "second", "machine", "commands", "time", "requestor"]),
        seenAt: z.iso.datetime(),
      }),
    )
    .optional(),
  acceptedAt: z.iso.datetime(),
  submittedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  outcome: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
  cancel: z.strictObject({ by: z.string(), at: z.iso.datetime(), tooLate: z.boolean() }).nullable(),
  waits: z
    .strictObject({
      code: z.string(),
      detail: z.string(),
      position: z.number().nullable(),
      estimatedStart: z.iso.datetime().nullable(),
    })
    .nullable(),
  // The release before does not say it.
  nextStep: z
    .strictObject({ code: z.string(), step: z.string(), needsPerson: z.boolean() })
    .nullable()
    .optional(),
  commands: z.array(
    z.strictObject({
      index: z.number(),
      type: z.enum(["PutFile", "RunScript", "GetFile"]),
      target: z.string(),
      status: z.string(),
      startedAt: z.iso.datetime().nullable(),
      endedAt: z.iso.datetime().nullable(),
      errors: z.array(z.string()),
      result: result.nullable(),
    }),
  ),
});

/** `GET runs/{runId}`. */
export const runSchema = z.strictObject({
  runId: z.string(),
  state: z.enum(["running", "finished"]),
  source: z.string(),
  incidentId: z.string(),
  title: z.string(),
  severity: z.string(),
  url: z.string().nullable(),
  // The release before knows no teams, and names nobody in a sequence.
  team: z.string().nullable().optional(),
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  seal: z
    .strictObject({
      number: z.number(),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      at: z.iso.datetime(),
      current: z.boolean(),
    })
    .nullable()
    // The release before, which a story runs beside this one, does not tell of seals.
    .optional(),
  cancelAsked: z.strictObject({ by: z.string(), at: z.iso.datetime() }).nullable(),
  counts: z.record(z.enum([...SEQUENCE_STATES, "total"]), z.number()),
  scriptsFailed: z.number(),
  results: z.strictObject({ owed: z.number(), stored: z.number(), unavailable: z.number() }),
  doneTwice: z.number(),
  impersonated: z.number().optional(),
  sequences: z.array(sequence),
  setAside: z.array(z.strictObject({ key: z.string(), why: z.string() })),
  skipped: skippedForm,
  readAs: readAsForm.optional(),
  callbacks: z.array(
    z.strictObject({
      shape: z.string(),
      host: z.string(),
      events: z.array(z.string()),
      deliveredAt: z.iso.datetime().nullable(),
      tries: z.number().nullable(),
      endedAt: z.iso.datetime().nullable(),
    }),
  ),
  gate: z
    .strictObject({
      state: z.enum(["first", "open", "paused"]),
      why: z.string().nullable(),
      pausedAt: z.iso.datetime().nullable(),
    })
    .nullable(),
  approval: z
    .strictObject({
      planHash: z.string(),
      sequences: z.number(),
      needed: z.number(),
      given: z.array(z.strictObject({ by: z.string(), at: z.iso.datetime() })),
      mayApprove: z.array(z.string()),
      expiresAt: z.iso.datetime(),
      // The release before does not say them.
      reasons: z.array(z.strictObject({ sequenceId: z.string(), why: z.string() })).optional(),
    })
    .nullable(),
});
export type Run = z.infer<typeof runSchema>;
