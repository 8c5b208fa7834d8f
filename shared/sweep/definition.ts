import { createHash } from "node:crypto";
import { z } from "zod";
import { ruleSchema } from "../access/machine-scope.ts";
import type { Parsed, Problem } from "../incident/problem.ts";
import { rowObject } from "../ledger/row/row-object.ts";
import { invalid } from "../incident/refusal.ts";
import { schemaProblems } from "../incident/schema-problems.ts";
import { canonicalJson } from "../plan/canonical-json.ts";
import { parameterProblems } from "../plan/choice.ts";
import type { Catalogue } from "../plan/profile/catalogue.ts";
import { durationSchema, msOf } from "./duration.ts";
import { isZone, whyNoCron } from "./zone.ts";

/** Most rules, each compared with every machine, and profiles of a definition. Our own bounds. */
const MAX_RULES = 50;
const MAX_PROFILES = 10;
/** A query is one call; Defender names no limit of its length. Our own bound. */
const MAX_QUERY_CHARACTERS = 8_000;
/** More machines than any tenant that lrq was measured with has. */
const MAX_MACHINES = 1_000_000;
/** Longer than this no round stays open. Our own bound. */
const EXPIRES_MAX_MS = 30 * 86_400_000;
/** How late a round may start. Our own bound. */
const DEADLINE_MAX_MS = 7 * 86_400_000;

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Send a time like "22:00".');
const once = z.iso.datetime({
  offset: true,
  error: 'Send an instant like "2026-12-01T22:00:00+01:00".',
});

/** What a person sends is judged; a row was judged when it came, and is read at every tick. */
const JUDGED = {
  zone: z.string().refine(isZone, { error: 'Send a time zone like "Europe/Berlin".' }),
  cron: z.string().check(({ value, issues }) => {
    const why = whyNoCron(value);
    if (why !== null) issues.push({ code: "custom", input: value, message: why, continue: true });
  }),
};
const STORED = { zone: z.string(), cron: z.string() };

/** Objects that a person sends know every field; those in a row keep what they do not know. */
type MakeObject = <Shape extends z.ZodRawShape>(shape: Shape) => z.ZodObject<Shape>;

function ruleShape(object: MakeObject) {
  return object({
    ...ruleSchema.shape,
    /** Defender's words for the health of the sensor. */
    health: z.array(z.string().min(1).max(64)).min(1).max(20).optional(),
    /** Only machines that have reported within this time. */
    seenWithin: durationSchema.optional(),
  }).refine((rule) => Object.values(rule).some((each) => each !== undefined), {
    error: 'It needs a member; for every machine send {"names": ["*"]}.',
  });
}

function targetsShape(object: MakeObject) {
  const rules = z.array(ruleShape(object)).min(1).max(MAX_RULES);
  return object({
    /** Machines that one of these fits; absent is every machine. */
    include: rules.optional(),
    /** Never machines that one of these fits. */
    exclude: rules.optional(),
    /** KQL of advanced hunting; its column `DeviceId` names the machines. */
    query: z.string().trim().min(1).max(MAX_QUERY_CHARACTERS).optional(),
    /** Leaves out machines that this sweep has reached within this time. */
    notCollectedWithin: durationSchema.optional(),
  }).refine(({ include, query }) => include !== undefined || query !== undefined, {
    error: 'Send "include" or "query". For every machine send "include": [{"names": ["*"]}].',
  });
}

function definitionShape(object: MakeObject, { zone, cron }: typeof JUDGED | typeof STORED) {
  return {
    name: z
      .string()
      .max(64)
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use kebab-case: letters, digits and single hyphens."),
    title: z.string().trim().min(1).max(100),
    /** At most one for each platform; a machine gets the one that is for its own. */
    profiles: z.array(z.string().min(1)).min(1).max(MAX_PROFILES),
    parameters: z.record(z.string(), z.string()),
    targets: targetsShape(object),
    schedule: z
      .union([object({ cron, zone }), object({ once })], {
        error: 'Send {"cron", "zone"} or {"once"}, or null for rounds that a person starts.',
      })
      .nullable(),
    /** How late a round may still start after it was due. */
    startingDeadline: durationSchema,
    /** What happens to a due round while another one is open. */
    overlap: z.enum(["skip", "replace", "allow"]),
    /** When it may submit; null is always. */
    window: object({ from: time, to: time, zone })
      .refine(({ from, to }) => from !== to, { error: "It needs two different times." })
      .nullable(),
    /** How long a round is open. */
    expires: durationSchema,
    /** The most machines of a round; null is all. */
    limit: z.int().min(1).max(MAX_MACHINES).nullable(),
    /** Its share of the calls and sessions of the tenant. */
    share: z.number().min(0.05).max(1),
    /** So many machines go first; the others go after half of them have succeeded. 0 is none. */
    firstWave: z.int().min(0).max(1_000),
    /** A larger share of failures pauses the round. */
    pauseAfter: object({
      failedShare: z.number().min(0).max(1),
      of: z.int().min(1).max(10_000),
    }),
    /** A round that reaches a smaller share of its machines is told of; null tells of none. */
    coverage: z.number().min(0).max(1).nullable(),
  };
}

/** A definition in a row: whole, and perhaps with fields that a newer version of the app knows. */
export const storedDefinitionSchema = rowObject(definitionShape(rowObject, STORED));

/** A rule of `include` or `exclude`. */
export type MachineRule = NonNullable<Definition["targets"]["include"]>[number];

/** A sweep as people write it: what is asked of which machines, when, and in which manner. */
export type Definition = z.infer<typeof storedDefinitionSchema>;

const sent = definitionShape((shape) => z.strictObject(shape), JUDGED);

/** The definition that a person sends; what it leaves out has these values. */
export const definitionSchema = z.strictObject({
  ...sent,
  parameters: sent.parameters.default({}),
  schedule: sent.schedule.default(null),
  startingDeadline: durationSchema.default("1h"),
  overlap: sent.overlap.default("skip"),
  window: sent.window.default(null),
  expires: durationSchema.default("7d"),
  limit: sent.limit.default(null),
  share: sent.share.default(0.5),
  firstWave: sent.firstWave.default(5),
  pauseAfter: sent.pauseAfter.default({ failedShare: 0.3, of: 10 }),
  coverage: sent.coverage.default(0.9),
});

/**
 * The definition in the JSON that was sent for the sweep `name`. Refused, with what to change:
 * unknown fields, unknown profiles, two profiles for one platform, parameters that a profile does
 * not take or lacks, durations beyond our bounds.
 */
export function parseDefinition(
  json: unknown,
  name: string,
  catalogue: Catalogue,
): Parsed<Definition> {
  const read = definitionSchema.safeParse(json);
  if (!read.success) return invalid(schemaProblems(read.error));
  const problems = [
    ...definitionProblems(read.data, name),
    ...profileTroubles(read.data, catalogue),
    ...parameterTroubles(read.data, catalogue),
  ];
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: read.data };
}

/** The SHA-256 (hex) of a definition: two with one hash are the same order. */
export function hashOfDefinition(definition: Definition): string {
  return createHash("sha256").update(canonicalJson(definition), "utf8").digest("hex");
}

function definitionProblems(definition: Definition, name: string): Problem[] {
  const problems: Problem[] = [];
  if (definition.name !== name) {
    problems.push({ path: "name", message: `Send the name of the address, ${name}.` });
  }
  for (const [path, most] of [
    ["expires", EXPIRES_MAX_MS],
    ["startingDeadline", DEADLINE_MAX_MS],
  ] as const) {
    if (msOf(definition[path]) <= most) continue;
    problems.push({ path, message: `Send at most ${most / 86_400_000}d.` });
  }
  return problems;
}

/** A batch whose parameters are wrong is refused whole, and so would be each of its round. */
function parameterTroubles({ profiles, parameters }: Definition, catalogue: Catalogue): Problem[] {
  const entries = profiles.map((name) => catalogue.get(name));
  return parameterProblems(
    entries.filter((entry) => entry !== undefined),
    parameters,
  );
}

function profileTroubles({ profiles }: Definition, catalogue: Catalogue): Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<string, string>();
  for (const [position, name] of profiles.entries()) {
    const path = `profiles.${position}`;
    const entry = catalogue.get(name);
    if (entry === undefined) {
      problems.push({ path, message: `Ask for one of: ${[...catalogue.keys()].join(", ")}.` });
      continue;
    }
    for (const platform of entry.profile.platforms) {
      const other = taken.get(platform);
      if (other !== undefined) {
        const message = `Leave out one of ${other} and ${name}: both are for ${platform}.`;
        problems.push({ path, message });
      }
      taken.set(platform, name);
    }
  }
  return problems;
}
