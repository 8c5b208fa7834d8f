import { describe, expect, it } from "vitest";
import { rightsIn } from "./rights.ts";
import { type Snapshot, SNAPSHOTS } from "./snapshot.ts";

/** Each right: a role, on what kind of resource, to which identity. */
function kindsOfRights(snapshot: Snapshot): string[] {
  return rightsIn(snapshot).map(
    ({ role, scope, whose }) => `${role} on ${typeOf(scope)} to ${whose}`,
  );
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
    expect(kindsOfRights(snapshot).toSorted()).toEqual(ALWAYS);
  });

  it("are two more with a vault: one secret for the app, one key for storage alone", () => {
    const more = [
      "Key Vault Crypto Service Encryption User on Microsoft.KeyVault/vaults/keys to keyIdentity",
      "Key Vault Secrets User on Microsoft.KeyVault/vaults/secrets to identity",
    ];
    expect(kindsOfRights(SNAPSHOTS.full).toSorted()).toEqual([...more, ...ALWAYS]);
  });
});
