import { z } from "zod";

/** Machines that lrq does not act on, and why. */
export const skippedForm = z.array(z.strictObject({ machine: z.string(), reason: z.string() }));

/** Machines that Defender has under another name or id than the one that was sent. */
export const readAsForm = z.array(z.strictObject({ machine: z.string(), as: z.string() }));
