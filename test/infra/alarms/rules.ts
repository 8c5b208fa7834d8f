import { z } from "zod";
import { ofType, type Snapshot } from "../snapshot.ts";

const RULES = "Microsoft.Insights/scheduledQueryRules";
const PREFIX = "alert-lrq-";

/** The values that Azure takes. The compiler takes any text for them. */
const SPAN = z.enum(["PT5M", "PT10M", "PT15M", "PT30M", "PT1H"]);
const ruleSchema = z.looseObject({
  name: z.string().startsWith(PREFIX),
  kind: z.literal("LogAlert"),
  properties: z.strictObject({
    displayName: z.string().startsWith("lrq: "),
    description: z.string(),
    severity: z.literal([0, 1, 2, 3, 4]),
    enabled: z.literal(true),
    scopes: z.tuple([z.string()]),
    evaluationFrequency: SPAN,
    windowSize: SPAN,
    criteria: z.strictObject({
      allOf: z.tuple([
        z.strictObject({
          query: z.string(),
          timeAggregation: z.enum(["Average", "Count", "Maximum", "Minimum", "Total"]),
          operator: z.enum(["Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan"]),
          threshold: z.number(),
          failingPeriods: z.strictObject({
            numberOfEvaluationPeriods: z.literal(1),
            minFailingPeriodsToAlert: z.literal(1),
          }),
        }),
      ]),
    }),
    autoMitigate: z.literal(true),
    skipQueryValidation: z.literal(true),
    actions: z.strictObject({ actionGroups: z.tuple([z.string()]) }),
  }),
});

/** An alarm as a deployment makes it; times are milliseconds. */
export interface AlarmRule {
  readonly name: string;
  readonly query: string;
  readonly description: string;
  readonly severity: number;
  /** How far back Azure lets the query look. */
  readonly windowMs: number;
  readonly everyMs: number;
  readonly scope: string;
  readonly actionGroup: string;
  /** It is raised if the query gives so many rows that this holds. */
  readonly when: string;
}

export function alarmsOf(snapshot: Snapshot): AlarmRule[] {
  return ofType(snapshot, RULES).map((resource) => {
    const { name, properties } = ruleSchema.parse(resource);
    const { description, severity, scopes, actions, criteria } = properties;
    const [{ query, timeAggregation, operator, threshold }] = criteria.allOf;
    return {
      name: name.slice(PREFIX.length),
      query,
      description,
      severity,
      windowMs: msOf(properties.windowSize),
      everyMs: msOf(properties.evaluationFrequency),
      scope: scopes[0],
      actionGroup: actions.actionGroups[0],
      when: `${timeAggregation} ${operator} ${threshold}`,
    };
  });
}

function msOf(span: z.infer<typeof SPAN>): number {
  const [, count = "", unit] = /^PT(\d+)([MH])$/.exec(span) ?? [];
  return Number(count) * (unit === "H" ? 3_600_000 : 60_000);
}
