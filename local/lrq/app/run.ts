import { z } from "zod";
import { commandSchema, resultSchema, runAnswerSchema, sequenceSchema } from "../../run-answer.ts";

// What the commands read of a run; the rest of it is left alone.

const instant = z.iso.datetime();

/** The script's own words are null for who may not read evidence. */
const told = resultSchema.extend({
  scriptFailed: z.boolean().nullable(),
  output: z.string().nullable(),
  scriptErrors: z.string().nullable(),
});

const nextStep = z.object({ code: z.string(), step: z.string(), needsPerson: z.boolean() });

const sequence = sequenceSchema.extend({
  /** An older app does not say it. */
  nextStep: nextStep.nullish(),
  requestedBy: z.string().optional(),
  /** The sequence that ran it again. */
  retriedBy: z.string().nullish(),
  profile: z.object({ name: z.string(), version: z.number() }),
  parameters: z.record(z.string(), z.string()),
  scripts: z.enum(["ok", "failed", "unknown"]).nullable(),
  commands: z.array(commandSchema.extend({ result: told.nullable() })),
});

const approval = z.object({
  planHash: z.string(),
  sequences: z.number(),
  needed: z.number(),
  given: z.array(z.object({ by: z.string(), at: instant })),
  mayApprove: z.array(z.string()),
  expiresAt: instant,
  /** An older app does not say it. */
  reasons: z.array(z.object({ sequenceId: z.string(), why: z.string() })).default([]),
});

/** GET runs/{runId}. */
export const runSchema = runAnswerSchema.extend({
  incidentId: z.string(),
  title: z.string(),
  severity: z.string(),
  url: z.string().nullable(),
  requestedBy: z.string(),
  requestedAt: instant,
  finishedAt: instant.nullable(),
  counts: z.record(z.string(), z.number()),
  scriptsFailed: z.number(),
  results: z.object({ owed: z.number(), stored: z.number(), unavailable: z.number() }),
  cancelAsked: z.object({ by: z.string(), at: instant }).nullable(),
  gate: z
    .object({ state: z.enum(["first", "open", "paused"]), why: z.string().nullable() })
    .nullable(),
  approval: approval.nullable(),
  sequences: z.array(sequence),
});

export type Run = z.infer<typeof runSchema>;
export type Sequence = Run["sequences"][number];
export type Approval = z.infer<typeof approval>;

/** True while something of the sequence is still to come, its results aside. */
export function isOpen({ state }: Pick<Sequence, "state">): boolean {
  return ["waiting", "claimed", "unconfirmed", "submitted"].includes(state);
}

/** True if it is of the machine with this id, this name, or this name up to the first dot. */
export function isOnMachine(
  { machineId, machineName }: Pick<Sequence, "machineId" | "machineName">,
  machine: string,
): boolean {
  const wanted = machine.toLowerCase();
  const name = machineName?.toLowerCase() ?? "";
  return [machineId.toLowerCase(), name, name.split(".")[0]].includes(wanted);
}

/** How people call the machine of a sequence. */
export function machineOf({ machineName, machineId }: Sequence): string {
  return machineName ?? machineId;
}
