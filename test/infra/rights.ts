import { z } from "zod";
import { ofType, type Snapshot } from "./snapshot.ts";

/** Built-in roles of Azure: their ids are the same everywhere. */
const ROLES: Readonly<Record<string, string>> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
  "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
  "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
  "19e7f393-937e-4f77-808e-94535e297925": "Storage Queue Data Reader",
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

/** A right that a deployment gives. */
interface Right {
  readonly role: string;
  /** On what, by its path from the provider: `Microsoft.KeyVault/vaults/V/secrets/S`. */
  readonly scope: string;
  /** The module that makes the identity which has it. */
  readonly whose: string;
}

/** Each right that the deployment gives; a role without a name has its id. */
export function rightsIn(snapshot: Snapshot): Right[] {
  return ofType(snapshot, "Microsoft.Authorization/roleAssignments").map((resource) => {
    const { id, properties } = assignmentSchema.parse(resource);
    const role = properties.roleDefinitionId.split("/").at(-1) ?? "";
    const [, scope = id] = /extensionResourceId\('[^']*\/providers\/([^']+)'/.exec(id) ?? [];
    const [, whose = "nobody"] = /'(\w*dentity)'/.exec(properties.principalId) ?? [];
    return { role: ROLES[role] ?? role, scope, whose };
  });
}
