import { z } from "zod";
import { PLATFORMS } from "../incident/incident.ts";

/**
 * What Defender says a machine is, as far as rules about machines ask for it; null is what it did
 * not say, which is never the same as nothing.
 */
export const machineFactsSchema = z.object({
  /** DNS name, lower case. */
  name: z.string().nullable(),
  platform: z.enum(PLATFORMS).nullable(),
  tags: z.array(z.string()).nullable(),
  /** The device group's name. */
  group: z.string().nullable(),
});
export type MachineFacts = Readonly<z.infer<typeof machineFactsSchema>>;
