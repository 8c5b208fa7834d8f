import { z } from "zod";

import { SOURCES } from "../incident/incident.ts";
import type { Parsed, Problem } from "../incident/problem.ts";
import { entraRuleSchema } from "./entra-rule.ts";
import { isOfQueue, secretsSchema, targetSettingsSchema } from "./callback-setting.ts";
import { keyOfSecret } from "./standard-webhooks.ts";

/**
 * Everything that a caller can be allowed to do. `again` is to run again what has run already,
 * `script.unpinned` to use profiles with scripts that nobody pinned; `sweep.manage` is to
 * apply, start and stop sweeps.
 */
export const RIGHTS = [
  "incident.submit",
  "run.read",
  "run.cancel",
  "run.approve",
  "evidence.read",
  "operate",
  "again",
  "script.unpinned",
  "sweep.read",
  "sweep.manage",
] as const;
export type Right = (typeof RIGHTS)[number];

/**
 * Every request is compared with the credentials of all callers, so the number of callers is
 * bounded. Our own bound.
 */
const MAX_CALLERS = 100;
/** Enough for the old and the new secret of a rotation, and one spare. */
const MAX_SECRETS = 3;

const secrets = (one: z.ZodString) => z.array(one).min(1).max(MAX_SECRETS).optional();

/** The most settings allow. */
const cap = z.int().min(1).max(1_000_000);

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const NAME_TROUBLE = "1 to 64 letters, digits, '.', '_' or '-'";

const callerSchema = z
  .strictObject({
    name: z
      .string()
      .regex(NAME, NAME_TROUBLE)
      // Counts are in objects with callers as keys, and an object cannot keep a value under this
      // name.
      .refine((name) => name !== "__proto__", { error: "a name other than '__proto__'" }),
    key: z
      .string()
      .regex(
        /^sha256:[0-9a-f]{64}$/,
        "'sha256:' and the 64 lower-case hex digits of the key's hash",
      )
      .optional(),
    hmac: secrets(
      z.string().refine((secret) => keyOfSecret(secret) !== null, {
        error: "'whsec_' and the base64 of 24 to 64 random bytes",
      }),
    ),
    jira: secrets(z.string().min(16, "at least 16 characters").max(256)),
    entra: entraRuleSchema.optional(),
    /** Whose runs it makes and reaches; absent is a team of its own, named like the caller. */
    team: z.string().regex(NAME, NAME_TROUBLE).optional(),
    /** True for a caller that reaches the runs of every team. */
    all: z.boolean().default(false),
    may: z.array(z.enum(RIGHTS)).min(1, "at least one right"),
    sources: z
      .array(z.enum(SOURCES))
      .min(1, "at least one source")
      .default([...SOURCES]),
    profiles: z.array(z.string().min(1)).nullable().default(null),
    /** The most machines of one incident and of one day, in the place of the settings. */
    caps: z.strictObject({ perIncident: cap.optional(), perDay: cap.optional() }).optional(),
    /** Where it is told of its runs. */
    callbacks: targetSettingsSchema,
    /** Signs callbacks to an address that came with a request. */
    callbackSecret: secretsSchema,
  })
  .refine(({ key, hmac, jira, entra }) => (key ?? hmac ?? jira ?? entra) !== undefined, {
    error: "needs 'key', 'hmac', 'jira' or 'entra', so that lrq can know the caller",
  })
  .refine(({ all, callbacks }) => all || !callbacks.some(({ events }) => events.some(isOfQueue)), {
    path: ["callbacks"],
    error: 'queue.* is about every team, so its caller needs "all": true',
  });

/**
 * One who may call: how lrq identifies it and what it may do. `profiles` null means all of them.
 * Holds secrets; not for logs.
 */
export type Caller = Readonly<z.infer<typeof callerSchema>>;

/** The team that a run belongs to if this caller makes it. */
export function teamOf({ team, name }: Pick<Caller, "team" | "name">): string {
  return team ?? name;
}

/**
 * Reads the setting CALLERS, a JSON array; empty text means no callers. Returns all problems at
 * once, without the values, because some of them are secrets.
 */
export function parseCallers(text: string): Parsed<Caller[]> {
  if (text.trim() === "") return { kind: "parsed", value: [] };
  const json = parsedJson(text);
  if (json === undefined) return invalid([{ path: "", message: "is not JSON" }]);
  const read = z.array(callerSchema).max(MAX_CALLERS).safeParse(json);
  if (!read.success) return invalid(read.error.issues.map(problemOf));
  const shared = sharedCredentials(read.data);
  if (shared.length > 0) return invalid(shared);
  return { kind: "parsed", value: read.data };
}

/** The platform's own message would quote the text. So the problem only says that it is no JSON. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  return { path: issue.path.map(String).join("."), message: issue.message };
}

/** If two callers had the same name or credential, it would not be clear which of them calls. */
function sharedCredentials(callers: readonly Caller[]): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const [position, caller] of callers.entries()) {
    for (const [field, value] of identitiesOf(caller)) {
      const identity = `${field} ${value}`;
      const path = `${position}.${field}`;
      if (seen.has(identity))
        problems.push({ path, message: "is used twice, here or by another caller" });
      seen.add(identity);
    }
  }
  return problems;
}

function identitiesOf(caller: Caller): (readonly [string, string])[] {
  return [
    ["name", caller.name],
    ...(caller.key === undefined ? [] : [["key", caller.key] as const]),
    ...(caller.hmac ?? []).map((secret) => ["hmac", secret] as const),
    ...(caller.jira ?? []).map((secret) => ["jira", secret] as const),
  ];
}

function invalid(problems: readonly Problem[]): Parsed<never> {
  return { kind: "invalid", problems };
}
