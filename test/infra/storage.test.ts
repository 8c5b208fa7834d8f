import { describe, expect, it } from "vitest";
import { z } from "zod";
import { QUEUES } from "../../shared/azure/bell-queues.ts";
import { EVIDENCE_CONTAINER, LEDGER_TABLE, ROWS_CONTAINER } from "../../shared/outside.ts";
import {
  EVERY_SNAPSHOT,
  namesOf,
  ofType,
  onlyOf,
  type Resource,
  type Snapshot,
  SNAPSHOTS,
} from "./snapshot.ts";

const ACCOUNTS = "Microsoft.Storage/storageAccounts";
const CONTAINERS = `${ACCOUNTS}/blobServices/containers`;

/** The host's own containers, and that of the package; the second of two apps has one more. */
const HOSTS_OWN = ["azure-webjobs-hosts", "azure-webjobs-secrets", "deployments"];
const ofHost = (snapshot: Snapshot) =>
  snapshot === SNAPSHOTS.twoApps ? [...HOSTS_OWN, "deployments-back"] : HOSTS_OWN;

const age = z.object({ delete: z.object({ daysAfterCreationGreaterThan: z.number().min(1) }) });
const rulesSchema = z.object({
  policy: z.object({
    rules: z.array(
      z.object({
        definition: z.object({
          filters: z.object({ prefixMatch: z.tuple([z.string()]) }),
          actions: z.strictObject({
            baseBlob: age.optional(),
            snapshot: age.optional(),
            version: age,
          }),
        }),
      }),
    ),
  }),
});

/** Which prefix grows how old, and whether only its old versions do. */
function agesIn(snapshot: Snapshot) {
  const policy = onlyOf(snapshot, `${ACCOUNTS}/managementPolicies`)["properties"];
  return rulesSchema.parse(policy).policy.rules.map(({ definition: { filters, actions } }) => ({
    prefix: filters.prefixMatch[0],
    days: actions.version.delete.daysAfterCreationGreaterThan,
    onlyVersions: actions.baseBlob === undefined,
  }));
}

describe.each(EVERY_SNAPSHOT)("the storage of a deployment: $name", ({ snapshot }) => {
  it("has the queues that the code names, their poison queues, and no other", () => {
    const queues = Object.values(QUEUES).flatMap((name) => [name, `${name}-poison`]);
    expect(namesOf(snapshot, `${ACCOUNTS}/queueServices/queues`)).toEqual(queues.toSorted());
  });

  it("has the table and the containers that the code and the host name, and no other", () => {
    expect(namesOf(snapshot, `${ACCOUNTS}/tableServices/tables`)).toEqual([LEDGER_TABLE]);
    const containers = [...ofHost(snapshot), EVIDENCE_CONTAINER, ROWS_CONTAINER];
    expect(namesOf(snapshot, CONTAINERS)).toEqual(containers.toSorted());
  });

  it("takes no key, no stranger and no old TLS", () => {
    expect(onlyOf(snapshot, ACCOUNTS)).toMatchObject({
      kind: "StorageV2",
      properties: {
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        allowSharedKeyAccess: false,
        minimumTlsVersion: "TLS1_2",
        supportsHttpsTrafficOnly: true,
      },
    });
  });

  it("lets queues and tables take a customer's key later", () => {
    const services = { queue: { keyType: "Account" }, table: { keyType: "Account" } };
    expect(onlyOf(snapshot, ACCOUNTS)).toMatchObject({ properties: { encryption: { services } } });
  });

  it("keeps versions and what is deleted, and makes only evidence immutable", () => {
    expect(onlyOf(snapshot, `${ACCOUNTS}/blobServices`)).toMatchObject({
      properties: {
        isVersioningEnabled: true,
        deleteRetentionPolicy: { enabled: true },
        containerDeleteRetentionPolicy: { enabled: true },
      },
    });
    const immutable = ofType(snapshot, CONTAINERS).filter((container) =>
      JSON.stringify(container).includes("immutableStorageWithVersioning"),
    );
    expect(immutable.map(({ name }) => name.split("/").at(-1))).toEqual([EVIDENCE_CONTAINER]);
    expect(onlyOf(snapshot, ACCOUNTS)).not.toHaveProperty(
      "properties.immutableStorageWithVersioning",
    );
  });

  it("logs every read, write and delete of blobs", () => {
    const setting = onlyOf(snapshot, "Microsoft.Insights/diagnosticSettings");
    expect(setting.id).toContain("/blobServices/default/");
    const logs = ["StorageRead", "StorageWrite", "StorageDelete"];
    const enabled = logs.map((category) => ({ category, enabled: true }));
    expect(setting).toMatchObject({ properties: { logs: enabled } });
  });

  it("lets only containers that are there grow old", () => {
    const prefixes = agesIn(snapshot).map(({ prefix }) => prefix);
    const containers = namesOf(snapshot, CONTAINERS).map((name) => `${name}/`);
    expect(prefixes.length).toBeGreaterThan(0);
    expect(containers).toEqual(expect.arrayContaining(prefixes));
  });
});

function policyOf(snapshot: Snapshot): Resource {
  return onlyOf(snapshot, `${CONTAINERS}/immutabilityPolicies`);
}

describe("evidence", () => {
  it("cannot be changed for a week, and is kept for ever, if nobody says otherwise", () => {
    expect(policyOf(SNAPSHOTS.default)).toMatchObject({
      properties: { immutabilityPeriodSinceCreationInDays: 7, allowProtectedAppendWrites: false },
    });
    const deleted = agesIn(SNAPSHOTS.default).filter(({ onlyVersions }) => !onlyVersions);
    expect(deleted).toEqual([]);
  });

  it("is deleted by storage, and rows with it, only if somebody asks for it", () => {
    expect(policyOf(SNAPSHOTS.full)).toMatchObject({
      properties: { immutabilityPeriodSinceCreationInDays: 365 },
    });
    const deleted = agesIn(SNAPSHOTS.full).filter(({ onlyVersions }) => !onlyVersions);
    expect(deleted).toEqual(
      [EVIDENCE_CONTAINER, ROWS_CONTAINER].map((name) => {
        return { prefix: `${name}/`, days: 730, onlyVersions: false };
      }),
    );
  });
});
