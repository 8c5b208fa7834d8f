import { z } from "zod";
import { SEVERITIES, SOURCES } from "../../incident/incident.ts";
import type { Incident } from "../../incident/incident.ts";
import type { Parsed } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import { schemaProblems } from "../../incident/schema-problems.ts";
import { severityRank } from "../../incident/severity.ts";
import type { Catalogue } from "./catalogue.ts";
import { LANE_NAMES } from "../lane.ts";

/** Most rules, and most profiles of one. Our own bounds. */
const MAX_RULES = 100;
const MAX_PROFILES = 10;

/** A rule matches if all its conditions do; without conditions it always matches. */
const ruleSchema = z.strictObject({
  when: z.strictObject({
    sources: z.array(z.enum(SOURCES)).min(1).optional(),
    /** This severity or a higher one. An unknown severity is below all others. */
    minimumSeverity: z.enum(SEVERITIES).optional(),
    severities: z.array(z.enum(SEVERITIES)).min(1).optional(),
  }),
  /**
   * For each machine the first profile for its platform; the first of all if the platform is
   * unknown.
   */
  profiles: z.array(z.string()).min(1).max(MAX_PROFILES),
  /** It replaces the profile's own lane. */
  lane: z.enum(LANE_NAMES).optional(),
});

const routingSchema = z.strictObject({ rules: z.array(ruleSchema).max(MAX_RULES) });

/**
 * What to run if nobody asked for a profile by name: rules, of which the first that matches counts.
 */
export type Routing = z.infer<typeof routingSchema>;
/** One rule: when it matches, which profiles to run, and in which lane if not in their own. */
export type RoutingRule = Routing["rules"][number];

/**
 * The rules in the JSON of the routing file. Refused: another shape, or the name of a profile that
 * does not exist.
 */
export function parseRouting(json: unknown, catalogue: Catalogue): Parsed<Routing> {
  const checked = routingSchema.safeParse(json);
  if (!checked.success) return invalid(schemaProblems(checked.error, "routing.json"));
  const problems = checked.data.rules.flatMap((rule, index) =>
    rule.profiles
      .filter((name) => !catalogue.has(name))
      .map((name) => ({
        path: `routing.json.rules.${index}.profiles`,
        message: `Name a profile that exists, not ${name}: ${[...catalogue.keys()].join(", ")}.`,
      })),
  );
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: checked.data };
}

/** The first rule that matches an incident, or null. */
export function ruleFor(
  routing: Routing,
  incident: Pick<Incident, "source" | "severity">,
): RoutingRule | null {
  return routing.rules.find((rule) => holds(rule, incident)) ?? null;
}

function holds(
  { when }: RoutingRule,
  { source, severity }: Pick<Incident, "source" | "severity">,
): boolean {
  const { sources, minimumSeverity, severities } = when;
  if (sources !== undefined && !sources.includes(source)) return false;
  if (severities !== undefined && !severities.includes(severity)) return false;
  return minimumSeverity === undefined || severityRank(severity) >= severityRank(minimumSeverity);
}
