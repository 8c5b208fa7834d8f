import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/** When in the day a sweep may submit: from and to, as `HH:MM` in an IANA time zone. */
const windowSchema = rowObject({
  from: z.string(),
  to: z.string(),
  zone: z.string(),
});

const number = z.number().int().min(1);

/** The batch of a round of a sweep that a run is; rounds and batches are numbered from 1. */
export const batchSchema = rowObject({ name: z.string(), round: number, batch: number });
export type Batch = z.infer<typeof batchSchema>;

/** The same for a sequence of such a run, and the window of the round; null if it has none. */
export const sweptBySchema = rowObject({ ...batchSchema.shape, window: windowSchema.nullable() });
export type SweptBy = z.infer<typeof sweptBySchema>;

/** The id of the incident that a batch is accepted as. */
export function incidentIdOf({ name, round, batch }: Batch): string {
  return `${name}/${round}/${batch}`;
}

/** Only the batch. */
export function batchOf({ name, round, batch }: Batch): Batch {
  return { name, round, batch };
}
