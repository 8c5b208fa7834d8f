import { z } from "zod";

/** What Defender says of a machine; null is what it does not say. */
export const machineFactsForm = z.strictObject({
  platform: z.string().nullable(),
  tags: z.array(z.string()).nullable(),
  group: z.string().nullable(),
  health: z.string().nullable(),
});

/** Machines that lrq does not act on, and why. */
export const skippedForm = z.array(z.strictObject({ machine: z.string(), reason: z.string() }));

/** Machines that Defender has under another name or id than the one that was sent. */
export const readAsForm = z.array(z.strictObject({ machine: z.string(), as: z.string() }));
