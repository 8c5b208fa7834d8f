import { z } from "zod";
import { SEQUENCE_STATES } from "../ledger/sequence/sequence.ts";

/*
 * What the app answers to who asks it to do something, strict: a field that is renamed, lost or new
 * is a change of the interface.
 */

/** A cancel of a run or of a sequence, and its preview. */
export const cancelledSchema = z.strictObject({
  ended: z.number(),
  asked: z.number(),
  alreadyOver: z.number(),
  setAside: z.number(),
});

/** `POST cancel`. */
export const allCancelledSchema = cancelledSchema.extend({ runs: z.number() });

/** `POST sequences/{sequenceId}/retry`. */
export const retriedSchema = z.strictObject({
  runId: z.string(),
  sequenceId: z.string(),
  retryOf: z.string().nullable(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  state: z.enum(SEQUENCE_STATES),
  statusUrl: z.url(),
});

/** `POST runs/{runId}/approve`. */
export const approvedSchema = z.strictObject({
  runId: z.string(),
  planHash: z.string(),
  given: z.number(),
  needed: z.number(),
});

/** `POST runs/{runId}/resume`. */
export const runResumedSchema = z.strictObject({ runId: z.string(), resumed: z.boolean() });

/** `POST runs/{runId}/collect`. */
export const collectAskedSchema = z.strictObject({ reopened: z.number(), owed: z.number() });

/** `POST runs/{runId}/callbacks/replay`. */
export const replayedSchema = z.strictObject({ dead: z.number(), again: z.number() });

/** `POST pause` and `POST resume`. */
export const pausedSchema = z.strictObject({
  paused: z.boolean(),
  by: z.string(),
  reason: z.string().optional(),
});

/** `GET health`. */
export const healthSchema = z.strictObject({ status: z.literal("ok") });
