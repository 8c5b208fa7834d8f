import { describe, expect, it } from "vitest";
import { z } from "zod";
import { section, tableIn } from "../docs/markdown.ts";
import { infraFile, ofType, onlyOf, type Snapshot, SNAPSHOTS } from "./snapshot.ts";

const ACCOUNT = "Microsoft.Storage/storageAccounts";
const NETWORK = "Microsoft.Network";
const LOCKS = "Microsoft.Authorization/locks";

const endpointSchema = z.object({
  properties: z.object({
    subnet: z.object({ id: z.string().endsWith("/subnets/endpoints") }),
    privateLinkServiceConnections: z.tuple([
      z.object({ properties: z.object({ groupIds: z.tuple([z.string()]) }) }),
    ]),
  }),
});

/** Which parts of storage have a private address. */
function privateParts(snapshot: Snapshot): string[] {
  return ofType(snapshot, `${NETWORK}/privateEndpoints`)
    .map((endpoint) => endpointSchema.parse(endpoint).properties.privateLinkServiceConnections)
    .map(([connection]) => connection.properties.groupIds[0]);
}

/** The last words of names such as `[format('privatelink.{0}.{1}', 'blob', ...)]`. */
const partsNamedIn = (text: string) =>
  [...text.matchAll(/'privatelink\.\{0\}\.\{1\}', '(\w+)'/g)].map(([, part]) => part);

describe("a private network", () => {
  it("is not there, and storage is open to who has a role, if nobody asks for it", () => {
    const types = SNAPSHOTS.default.predictedResources.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith(NETWORK))).toEqual([]);
    expect(onlyOf(SNAPSHOTS.default, ACCOUNT)).toMatchObject({
      properties: { publicNetworkAccess: "Enabled", networkAcls: { defaultAction: "Allow" } },
    });
  });

  it("closes storage, and has an endpoint, a zone and a link for each of its parts", () => {
    expect(onlyOf(SNAPSHOTS.full, ACCOUNT)).toMatchObject({
      properties: {
        publicNetworkAccess: "Disabled",
        networkAcls: { bypass: "None", defaultAction: "Deny" },
      },
    });
    const parts = ["blob", "queue", "table"];
    expect(privateParts(SNAPSHOTS.full)).toEqual(parts);
    const zones = ofType(SNAPSHOTS.full, `${NETWORK}/privateDnsZones`);
    expect(zones.flatMap(({ name }) => partsNamedIn(name))).toEqual(parts);
    const links = ofType(SNAPSHOTS.full, `${NETWORK}/privateDnsZones/virtualNetworkLinks`);
    expect(links.flatMap(({ name }) => partsNamedIn(name))).toEqual(parts);
    const groups = ofType(SNAPSHOTS.full, `${NETWORK}/privateEndpoints/privateDnsZoneGroups`);
    expect(groups.flatMap((group) => partsNamedIn(JSON.stringify(group)))).toEqual(parts);
  });

  it("has a subnet for the app, which is given to Flex Consumption", () => {
    const [app] = ofType(SNAPSHOTS.full, `${NETWORK}/virtualNetworks/subnets`);
    expect(app).toMatchObject({
      name: expect.stringMatching(/\/app$/),
      properties: { delegations: [{ properties: { serviceName: "Microsoft.App/environments" } }] },
    });
    const [site] = ofType(SNAPSHOTS.full, "Microsoft.Web/sites");
    expect(JSON.stringify(site)).toMatch(/"virtualNetworkSubnetId":"[^"]*appSubnetId/);
  });
});

function inboundOf(snapshot: Snapshot) {
  const [site] = ofType(snapshot, "Microsoft.Web/sites");
  return z.object({ siteConfig: z.looseObject({}) }).parse(site?.["properties"]).siteConfig;
}

describe("the way in", () => {
  it("is open, and can be kept for addresses and service tags", () => {
    expect(inboundOf(SNAPSHOTS.default)).toMatchObject({
      ipSecurityRestrictionsDefaultAction: "Allow",
      ipSecurityRestrictions: [],
    });
    expect(inboundOf(SNAPSHOTS.full)).toMatchObject({
      ipSecurityRestrictionsDefaultAction: "Deny",
      scmIpSecurityRestrictionsUseMain: false,
      ipSecurityRestrictions: [
        { action: "Allow", tag: "ServiceTag", ipAddress: "LogicApps", priority: 100 },
        { action: "Allow", tag: "Default", ipAddress: "203.0.113.0/24", priority: 101 },
      ],
    });
  });
});

describe("redundancy", () => {
  it("is that of zones, if nobody says otherwise", () => {
    const named = [SNAPSHOTS.default, SNAPSHOTS.full].map((each) => onlyOf(each, ACCOUNT)["sku"]);
    expect(named).toEqual([{ name: "Standard_ZRS" }, { name: "Standard_GZRS" }]);
  });
});

describe("the options of the README", () => {
  it("are all in one scenario, but for a locked policy and two apps", () => {
    const rows = tableIn(section(infraFile("README.md"), "Options"));
    const named = rows.flatMap(([cell = ""]) => cell.match(/LRQ_\w+/g) ?? []);
    const read = infraFile("main.bicepparam").matchAll(/^param (\w+) = .*'(LRQ_\w+)'/gm);
    const parameters = new Map([...read].map(([, name = "", variable = ""]) => [variable, name]));
    const full = infraFile("scenarios/full.bicepparam");
    const left = named.filter((name) => !full.includes(`\nparam ${parameters.get(name)} = `));
    expect(left.toSorted()).toEqual(["LRQ_EVIDENCE_POLICY_LOCKED", "LRQ_TWO_APPS"]);
  });
});

describe("locks", () => {
  it("keep storage and identities, only if somebody asks for it", () => {
    expect(ofType(SNAPSHOTS.default, LOCKS)).toEqual([]);
    const locks = ofType(SNAPSHOTS.full, LOCKS);
    expect(locks.map(({ id }) => id)).toEqual([
      expect.stringContaining("/userAssignedIdentities/id-lrq-"),
      expect.stringContaining("/userAssignedIdentities/id-lrq-key-"),
      expect.stringContaining("/storageAccounts/"),
    ]);
    for (const lock of locks) expect(lock).toMatchObject({ properties: { level: "CanNotDelete" } });
  });
});

describe("a key of the customer", () => {
  it("encrypts storage, through an identity that only storage has", () => {
    const plain = { keySource: "Microsoft.Storage" };
    expect(onlyOf(SNAPSHOTS.default, ACCOUNT)).toMatchObject({ properties: { encryption: plain } });
    const account = onlyOf(SNAPSHOTS.full, ACCOUNT);
    expect(account).toMatchObject({
      identity: { type: "UserAssigned" },
      properties: {
        encryption: {
          keySource: "Microsoft.Keyvault",
          keyvaultproperties: { keyname: "lrq-storage" },
          identity: { userAssignedIdentity: expect.stringContaining("'keyIdentity'") },
        },
      },
    });
    const [site] = ofType(SNAPSHOTS.full, "Microsoft.Web/sites");
    expect(JSON.stringify(site)).not.toContain("keyIdentity");
  });
});

describe("a policy that was locked", () => {
  it("is not written again", () => {
    const policies = `${ACCOUNT}/blobServices/containers/immutabilityPolicies`;
    expect(ofType(SNAPSHOTS.government, policies)).toEqual([]);
  });
});
