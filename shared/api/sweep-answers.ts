import { z } from "zod";
import { definitionSchema } from "../sweep/definition.ts";

/*
 * What the app answers about sweeps, strict: a field that is renamed, lost or new is a change of
 * the interface.
 */

const count = z.number().int().nonnegative();
const time = z.iso.datetime();
const number = z.number().int().min(1);

const sweepShape = {
  name: z.string(),
  title: z.string(),
  team: z.string(),
  appliedBy: z.string(),
  appliedAt: time,
  hash: z.string(),
  paused: z.boolean(),
  nextAt: time.nullable(),
  rounds: count,
  open: z.array(number),
  last: z
    .strictObject({
      round: number,
      endedAt: time,
      targeted: count,
      reached: count,
      short: z.boolean(),
    })
    .nullable(),
};

/** `GET sweeps`. */
export const sweepsSchema = z.strictObject({ sweeps: z.array(z.strictObject(sweepShape)) });

/** `GET sweeps/{name}`, and the answer to a definition that was sent. */
export const sweepAnswerSchema = z.strictObject({ ...sweepShape, definition: definitionSchema });

const roundShape = {
  sweep: z.string(),
  round: number,
  state: z.enum(["running", "paused", "closing", "ended"]),
  dueAt: time.nullable(),
  startedBy: z.string().nullable(),
  startedAt: time,
  expiresAt: time,
  endedAt: time.nullable(),
  why: z.strictObject({ code: z.string(), detail: z.string(), since: time }).nullable(),
  listedAt: time.nullable(),
  query: z.strictObject({ named: count, odd: count, notListed: count }).nullable(),
  counts: z.strictObject({
    targeted: count,
    waiting: count,
    held: count,
    sent: count,
    reached: count,
    missed: z.record(z.string(), count),
    leftOut: count,
  }),
  batches: count,
  reruns: count,
};

/** `GET sweeps/{name}/rounds/{number}`. */
export const roundAnswerSchema = z.strictObject({
  ...roundShape,
  runs: z.array(z.string()),
  columns: z.array(z.string()),
});

export type RoundAnswer = z.infer<typeof roundAnswerSchema>;

/** `GET sweeps/{name}/rounds`. */
export const roundsSchema = z.strictObject({
  rounds: z.array(z.strictObject(roundShape)),
  next: z.string().nullable(),
});

/** `POST sweeps/{name}/preview`. */
export const previewSchema = z.strictObject({
  machines: count,
  platforms: z.record(z.string(), count),
  asked: count,
  recent: count,
  leftOut: count,
  beyondLimit: count,
  awake: count,
  needApproval: count,
  calls: count,
  sessions: count,
  opensAt: time.nullable(),
  estimatedMinutes: count,
  expiresFirst: z.boolean(),
  query: z.strictObject({ named: count, odd: count, notListed: count.nullable() }).nullable(),
  looked: count,
  complete: z.boolean(),
  why: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
});

/** What a person did with a sweep or a round; the round is null if it was about none. */
export const steeredSchema = z.strictObject({ round: number.nullable() });

/** `POST sweeps/{name}/rounds/{number}/rerun`. */
export const rerunSchema = z.strictObject({ round: number, machines: count });

/** `GET sweeps/{name}/coverage`. */
export const coverageSchema = z.strictObject({
  machines: z.array(
    z.strictObject({
      machineId: z.string(),
      machineName: z.string().nullable(),
      reached: z.strictObject({ round: number, at: time }).nullable(),
      last: z.strictObject({
        round: number,
        state: z.string(),
        detail: z.string().nullable(),
        at: time,
        sequenceId: z.string().nullable(),
      }),
    }),
  ),
  next: z.string().nullable(),
});

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** `GET sweeps/{name}/rounds/{number}/stack`. */
export const stackSchema = z.strictObject({
  sweep: z.string(),
  round: number,
  by: z.array(z.string()),
  machines: count,
  rows: count,
  partial: count,
  unreadable: count,
  distinct: z.strictObject({ count, atLeast: z.boolean() }),
  values: z.array(
    z.strictObject({
      machines: number,
      value: z.record(z.string(), cell),
      example: z.strictObject({ machineId: z.string(), machineName: z.string().nullable() }),
    }),
  ),
});
