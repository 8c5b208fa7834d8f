import { z } from "zod";
import { PLATFORMS } from "../incident/incident.ts";

/**
 * What Defender says of a machine, as far as rules about machines need it. Null is what Defender
 * did not say; it never means "none".
 */
export const machineFactsSchema = z.object({
  /** DNS name, lower case. */
  name: z.string().nullable(),
  platform: z.enum(PLATFORMS).nullable(),
  tags: z.array(z.string()).nullable(),
  /** The device group's name. */
  group: z.string().nullable(),
  /** Defender's word for the health of its sensor. Older rows have no such field. */
  health: z.string().nullable().optional(),
  /** When Defender was asked, epoch milliseconds. Older rows have no such field. */
  atMs: z.number().int().optional(),
});
export type MachineFacts = Readonly<z.infer<typeof machineFactsSchema>>;
