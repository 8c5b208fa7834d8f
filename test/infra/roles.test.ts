import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EVERY_SNAPSHOT, ofType, type Snapshot } from "./snapshot.ts";

/** Built-in roles of Azure: their ids are the same everywhere. */
const ROLES: Readonly<Record<string, string>> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
};

const assignmentSchema = z.object({
  id: z.string(),
  name: z.string().startsWith("[guid("),
  properties: z.object({
    principalId: z.string().includes("outputs.principalId"),
    principalType: z.literal("ServicePrincipal"),
    roleDefinitionId: z.string(),
    description: z.string().min(5),
  }),
});

/** Each right that the deployment gives: a role, and on what kind of resource. */
function rightsIn(snapshot: Snapshot): string[] {
  return ofType(snapshot, "Microsoft.Authorization/roleAssignments").map((resource) => {
    const { id, properties } = assignmentSchema.parse(resource);
    const role = properties.roleDefinitionId.split("/").at(-1) ?? "";
    const [, scope = id] = /extensionResourceId\('[^']*\/providers\/([\w.]+\/\w+)\//.exec(id) ?? [];
    return `${ROLES[role] ?? role} on ${scope}`;
  });
}

describe.each(EVERY_SNAPSHOT)("the rights that a deployment gives: $name", ({ snapshot }) => {
  it("are these, to the identity of the app, and each says why", () => {
    expect(rightsIn(snapshot).toSorted()).toEqual([
      "Monitoring Metrics Publisher on Microsoft.Insights/components",
      "Storage Blob Data Owner on Microsoft.Storage/storageAccounts",
      "Storage Queue Data Contributor on Microsoft.Storage/storageAccounts",
      "Storage Table Data Contributor on Microsoft.Storage/storageAccounts",
    ]);
  });
});
