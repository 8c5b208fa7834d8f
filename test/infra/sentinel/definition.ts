import { z } from "zod";

/*
 * The form of a playbook: the actions that those of lrq use, with every field that they use, and no
 * other. A playbook of another form cannot be run here, so it would not be tested.
 */

const runAfterSchema = z.record(z.string(), z.array(z.enum(["Succeeded", "Failed", "TimedOut"])));

const httpSchema = z.strictObject({
  type: z.literal("Http"),
  inputs: z.strictObject({
    method: z.literal("POST"),
    uri: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    authentication: z.strictObject({
      type: z.literal("ManagedServiceIdentity"),
      identity: z.string(),
      audience: z.string(),
    }),
    retryPolicy: z.strictObject({
      type: z.literal("exponential"),
      count: z.int().max(90),
      interval: z.string(),
      minimumInterval: z.string(),
      maximumInterval: z.string(),
    }),
  }),
  runAfter: runAfterSchema,
  // Without it the action follows the Location of a 202, and the 202 itself is never seen.
  operationOptions: z.literal("DisableAsyncPattern"),
});

const connectionSchema = z.strictObject({
  type: z.literal("ApiConnection"),
  inputs: z.strictObject({
    host: z.strictObject({ connection: z.strictObject({ name: z.string() }) }),
    method: z.enum(["get", "post"]),
    path: z.string(),
    body: z.unknown().optional(),
  }),
  runAfter: runAfterSchema,
});

const terminateSchema = z.strictObject({
  type: z.literal("Terminate"),
  inputs: z.strictObject({
    runStatus: z.enum(["Failed", "Cancelled"]),
    runError: z.strictObject({ code: z.string(), message: z.string() }).optional(),
  }),
  runAfter: runAfterSchema,
});

const equalsSchema = z.strictObject({ equals: z.tuple([z.unknown(), z.unknown()]) });
const conditionSchema = z.union([equalsSchema, z.strictObject({ not: equalsSchema })]);

const ifSchema = z.strictObject({
  type: z.literal("If"),
  expression: z.strictObject({ and: z.array(conditionSchema).min(1) }),
  get actions() {
    return actionsSchema;
  },
  get else() {
    return z.strictObject({ actions: actionsSchema }).optional();
  },
  runAfter: runAfterSchema,
});

export type Actions = Readonly<Record<string, Action>>;
export type Action =
  | z.infer<typeof httpSchema>
  | z.infer<typeof connectionSchema>
  | z.infer<typeof terminateSchema>
  | If;
interface If {
  readonly type: "If";
  readonly expression: { readonly and: readonly z.infer<typeof conditionSchema>[] };
  readonly actions: Actions;
  readonly else?: { readonly actions: Actions } | undefined;
  readonly runAfter: z.infer<typeof runAfterSchema>;
}

const actionsSchema: z.ZodType<Actions> = z.record(
  z.string(),
  z.lazy(() => z.union([httpSchema, connectionSchema, terminateSchema, ifSchema])),
);

/** A definition that this can run. */
export const definitionSchema = z.strictObject({
  $schema: z.string(),
  contentVersion: z.literal("1.0.0.0"),
  parameters: z.record(z.string(), z.looseObject({ type: z.enum(["Object", "String"]) })),
  triggers: z.record(z.string(), z.unknown()),
  actions: actionsSchema,
  outputs: z.strictObject({}),
});
export type Definition = z.infer<typeof definitionSchema>;

export type Condition = z.infer<typeof conditionSchema>;
export type HttpAction = z.infer<typeof httpSchema>;
export type ConnectorAction = z.infer<typeof connectionSchema>;
