import { z } from "zod";
import { skippedForm } from "./machine-forms.ts";

/** Any refusal, after RFC 9457. */
export const problemSchema = z.strictObject({
  type: z.string().startsWith("urn:lrq:problem:"),
  title: z.string().min(1),
  status: z.number(),
  detail: z.string().min(20),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string().min(1) })).optional(),
  skipped: skippedForm.optional(),
  machineIds: z.array(z.string()).optional(),
  id: z.string().min(1).optional(),
});
