import { z } from "zod";
import { auditRecordSchema } from "../evidence/audit.ts";
import { decisionFactsSchema } from "../evidence/decision.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 * A member that is optional is missing in the answers of the release before.
 */

/** `GET runs/{runId}/manifest`; what an entry holds is for the custody chain to check. */
export const manifestSchema = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  head: z.string(),
  entries: z.array(
    z.looseObject({
      sequenceId: z.string(),
      machineId: z.string(),
      commandIndex: z.number(),
      sha256: z.string(),
      size: z.number(),
    }),
  ),
});

/** A page of an audit log. */
export const auditPageSchema = z.strictObject({
  v: z.literal(1),
  chain: z.string(),
  head: z.strictObject({ count: z.number(), head: z.string() }),
  records: z.array(auditRecordSchema),
  next: z.number().nullable(),
});

/** `GET runs/{runId}/seals`; what a text holds, docs/schema/statement.schema.json says. */
export const sealsSchema = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  seals: z.array(z.strictObject({ number: z.number(), hash: z.string(), text: z.string() })),
  unsealed: z.string().nullable(),
});

/** `GET runs/{runId}/evidence`. */
export const evidenceSchema = z.strictObject({
  runId: z.string(),
  evidence: z.array(
    z.strictObject({
      sequenceId: z.string(),
      index: z.number(),
      machineId: z.string(),
      machineName: z.string().nullable(),
      type: z.enum(["RunScript", "GetFile"]),
      servedName: z.string().nullable(),
      size: z.number(),
      sha256: z.string(),
      path: z.string(),
    }),
  ),
});

/** `GET runs/{runId}/decisions`. */
export const decisionsSchema = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  decisions: z.array(decisionFactsSchema),
  next: z.number().nullable(),
});
