import { z } from "zod";
import { SEQUENCE_STATES } from "../shared/ledger/sequence/sequence.ts";

// What is read of lrq's answers to show how a run goes on; the rest of them is left alone.

const instant = z.iso.datetime();

export const resultSchema = z.object({
  state: z.enum(["owed", "stored", "unavailable"]),
  detail: z.string().nullable(),
  size: z.number().nullable(),
  sha256: z.string().nullable(),
  servedName: z.string().nullable(),
  exitCode: z.number().nullable(),
});

export const commandSchema = z.object({
  index: z.number().int().nonnegative(),
  type: z.enum(["PutFile", "RunScript", "GetFile"]),
  target: z.string(),
  status: z.string(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  errors: z.array(z.string()),
  result: resultSchema.nullable(),
});

const waits = z.object({
  code: z.string(),
  detail: z.string(),
  position: z.number().nullable(),
  estimatedStart: instant.nullable(),
});

export const sequenceSchema = z.object({
  sequenceId: z.string(),
  machineId: z.string(),
  machineName: z.string().nullable(),
  state: z.enum(SEQUENCE_STATES),
  machineActionStatus: z.string().nullable(),
  acceptedAt: instant,
  submittedAt: instant.nullable(),
  endedAt: instant.nullable(),
  outcome: z.object({ code: z.string(), detail: z.string() }).nullable(),
  waits: waits.nullable(),
  commands: z.array(commandSchema),
});

/** GET runs/{runId}. */
export const runAnswerSchema = z.object({
  runId: z.string(),
  state: z.enum(["running", "finished"]),
  source: z.string(),
  sequences: z.array(sequenceSchema),
  skipped: z.array(z.object({ machine: z.string(), reason: z.string() })),
});

/** The answer to an incident that was accepted. */
export const acceptedSchema = z.object({ runId: z.string(), statusUrl: z.url() });

/** GET status. */
export const statusAnswerSchema = z.object({
  calls: z.object({ used: z.number(), limit: z.number(), windowSeconds: z.number() }),
  sessions: z.object({ ours: z.number(), foreign: z.number(), cap: z.number() }),
});

export type RunAnswer = z.infer<typeof runAnswerSchema>;
export type SequenceAnswer = RunAnswer["sequences"][number];
export type CommandAnswer = SequenceAnswer["commands"][number];
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;
