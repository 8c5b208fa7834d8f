import { z } from "zod";
import {
  CALLBACK_EVENTS,
  DEFAULT_EVENTS,
  NEWS_EVENTS,
  QUEUE_EVENTS,
  TARGETS_PER_CALLER_MAX,
} from "../ledger/outbox/notice.ts";
import { keyOfSecret } from "./standard-webhooks.ts";

/** Enough for the old and the new secret of a rotation, and one spare. */
const SECRETS_MAX = 3;
/** The longest address that all browsers still open. */
const URL_CHARACTERS_MAX = 2_048;

/** The form of a Standard Webhooks secret. The message never shows the secret. */
const secret = z.string().refine((text) => keyOfSecret(text) !== null, {
  error: "'whsec_' and the base64 of 24 to 64 random bytes",
});

/**
 * One secret, or several that all sign: with two, a secret can be changed without losing a message.
 */
export const secretsSchema = z
  .union([secret.transform((one) => [one]), z.array(secret).min(1).max(SECRETS_MAX)])
  .optional();

/** Headers that the sender sets itself, or that would change how the message is read. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|expect|webhook-.*|te|upgrade)$/i;

const headerSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/, "1 to 64 letters, digits or '-'")
    .refine((name) => !OWN_HEADERS.test(name), { error: "is a header that is set already" }),
  value: z.string().regex(/^[\x20-\x7e]{1,2048}$/, "1 to 2,048 visible ASCII characters"),
});

const targetSettingSchema = z
  .strictObject({
    /** `{incidentId}` in it stands for the sender's id of the incident. */
    url: z.string().min(1).max(URL_CHARACTERS_MAX),
    shape: z.enum(["generic", "servicenow", "jira"]).default("generic"),
    secret: secretsSchema,
    header: headerSchema.optional(),
    events: z
      .array(z.enum(CALLBACK_EVENTS))
      .min(1)
      .default([...DEFAULT_EVENTS]),
  })
  .refine((target) => target.shape !== "generic" || target.secret !== undefined, {
    path: ["secret"],
    error: "a generic callback needs one, so that its receiver can check the sender",
  })
  .refine(({ shape, events }) => shape === "generic" || !events.some(isOfNoRun), {
    path: ["events"],
    error: "a ticket is told of its own run; queue.* and sweep.* need the shape generic",
  });

/** True for an event of the whole queue, which is about every team. */
export function isOfQueue(event: string): boolean {
  return QUEUE_EVENTS.some((each) => each === event);
}

function isOfNoRun(event: string): boolean {
  return NEWS_EVENTS.some((each) => each === event);
}

/** Where and how a caller is told of its runs. Holds secrets; not for logs. */
export type TargetSetting = z.infer<typeof targetSettingSchema>;

export const targetSettingsSchema = z
  .array(targetSettingSchema)
  .max(TARGETS_PER_CALLER_MAX)
  .refine((all) => new Set(all.map(({ url, shape }) => `${shape} ${url}`)).size === all.length, {
    error: "has an address twice",
  })
  .default([]);
