import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ofType, type Snapshot, SNAPSHOTS } from "./snapshot.ts";

/** Built-in roles of Azure: their ids are the same everywhere. */
const ROLES: Readonly<Record<string, string>> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
  "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
  "e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
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

/** Each right that the deployment gives: a role, on what kind of resource, to which identity. */
function rightsIn(snapshot: Snapshot): string[] {
  return ofType(snapshot, "Microsoft.Authorization/roleAssignments").map((resource) => {
    const { id, properties } = assignmentSchema.parse(resource);
    const role = properties.roleDefinitionId.split("/").at(-1) ?? "";
    const [, scope = id] = /extensionResourceId\('[^']*\/providers\/([^']+)'/.exec(id) ?? [];
    const [, whose = "nobody"] = /'(\w*dentity)'/.exec(properties.principalId) ?? [];
    return `${ROLES[role] ?? role} on ${typeOf(scope)} to ${whose}`;
  });
}

/** `Microsoft.KeyVault/vaults/V/secrets/S` is a `Microsoft.KeyVault/vaults/secrets`. */
function typeOf(path: string): string {
  return path
    .split("/")
    .filter((_, index) => index === 0 || index % 2 === 1)
    .join("/");
}

const ALWAYS = [
  "Monitoring Metrics Publisher on Microsoft.Insights/components to identity",
  "Storage Blob Data Owner on Microsoft.Storage/storageAccounts to identity",
  "Storage Queue Data Contributor on Microsoft.Storage/storageAccounts to identity",
  "Storage Table Data Contributor on Microsoft.Storage/storageAccounts to identity",
];

describe("the rights that a deployment gives, each with its reason", () => {
  it.each([SNAPSHOTS.default, SNAPSHOTS.government])("are these", (snapshot) => {
    expect(rightsIn(snapshot).toSorted()).toEqual(ALWAYS);
  });

  it("are two more with a vault: one secret for the app, one key for storage alone", () => {
    const more = [
      "Key Vault Crypto Service Encryption User on Microsoft.KeyVault/vaults/keys to keyIdentity",
      "Key Vault Secrets User on Microsoft.KeyVault/vaults/secrets to identity",
    ];
    expect(rightsIn(SNAPSHOTS.full).toSorted()).toEqual([...more, ...ALWAYS]);
  });
});
