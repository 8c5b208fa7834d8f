import { readdirSync } from "node:fs";
import { z } from "zod";
import { infraFile } from "../snapshot.ts";
import { definitionSchema, type Definition } from "./definition.ts";

/** A template as Azure takes it: made by the compiler, and committed. */
const templateSchema = z.strictObject({
  $schema: z.string(),
  contentVersion: z.literal("1.0.0.0"),
  metadata: z.looseObject({ title: z.string(), description: z.string() }),
  parameters: z.record(z.string(), z.looseObject({ type: z.string() })),
  variables: z.record(z.string(), z.unknown()).default({}),
  // The form that Sentinel's repository reads; newer features of Bicep make an object of it.
  resources: z.array(z.looseObject({ type: z.string(), name: z.string() })),
  outputs: z.record(z.string(), z.unknown()).optional(),
});
export type Template = z.infer<typeof templateSchema>;

export function templateAt(folder: string): Template {
  return templateSchema.parse(JSON.parse(infraFile(`sentinel/${folder}/azuredeploy.json`)));
}

/** The names of the playbooks, which are also their folders. */
export const PLAYBOOKS: readonly string[] = readdirSync(
  new URL("../../../infra/sentinel/Playbooks/", import.meta.url),
).toSorted();

export function resourceOf(template: Template, type: string): Template["resources"][number] {
  const [only, ...others] = template.resources.filter((each) => each.type === type);
  if (only === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return only;
}

/** What a template makes of a Logic App. */
export const workflowSchema = z.looseObject({
  name: z.string(),
  location: z.string(),
  tags: z.record(z.string(), z.string()),
  identity: z.looseObject({ type: z.string() }),
  properties: z.strictObject({
    state: z.string(),
    definition: z.literal("[variables('$fxv#0')]"),
    parameters: z.record(z.string(), z.strictObject({ value: z.unknown() })),
  }),
});

/** The definition that the template of a playbook deploys. */
export function definitionOf(playbook: string): Definition {
  return definitionSchema.parse(templateAt(`Playbooks/${playbook}`).variables["$fxv#0"]);
}
