import { authorize } from "./access.ts";
import { apiError, json } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { machineEntity } from "./machines.ts";
import { isRecord, parseJson } from "./request-body.ts";
import type { SimulatedMachine } from "./options.ts";
import type { Tenant } from "./tenant.ts";

const ROLES = ["AdvancedQuery.Read.All"];

/** Columns of DeviceInfo that a query may compare, with their names in the machines API. */
const COLUMNS: Readonly<Record<string, string>> = {
  OSPlatform: "osPlatform",
  DeviceName: "computerDnsName",
  MachineGroup: "rbacGroupName",
};

/** `DeviceInfo`, perhaps with one condition, then `distinct DeviceId` or a count for each platform. */
const QUERY =
  /^DeviceInfo(?: ?\| ?where (?<column>\w+) ?== ?"(?<wanted>[^"]*)")? ?\| ?(?<last>distinct DeviceId|summarize count\(\) by OSPlatform)$/;

/**
 * POST advancedqueries/run. Of the query language it knows what `QUERY` says; anything else is 400,
 * as a mistake in a query is.
 */
export function runQuery(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, ROLES);
  if (access.kind === "refused") return access.answer;
  const body = parseJson(call.body);
  const query = isRecord(body) ? body["Query"] : undefined;
  if (typeof query !== "string") {
    return apiError(tenant, 400, "MissingRequiredParameter", "The parameter Query is required");
  }
  const parts = QUERY.exec(query.replaceAll(/\s+/g, " ").trim())?.groups;
  const field = parts?.["column"] === undefined ? null : COLUMNS[parts["column"]];
  if (parts === undefined || field === undefined) {
    return apiError(tenant, 400, "BadRequest", "Syntax error in the query. Fix it and try again");
  }
  const machines = tenant.options.machines.filter(
    (machine) => field === null || machineEntity(tenant, machine)[field] === parts["wanted"],
  );
  const rows = parts["last"] === "distinct DeviceId" ? ids(machines) : counts(machines);
  return json(200, { ...rows, Results: rows.Results.slice(0, tenant.rules.limits.huntRows) });
}

function ids(machines: readonly SimulatedMachine[]) {
  return {
    Schema: [{ Name: "DeviceId", Type: "String" }],
    Results: machines.map(({ id }) => ({ DeviceId: id.toLowerCase() })),
  };
}

function counts(machines: readonly SimulatedMachine[]) {
  const platforms = machines.map(({ osPlatform }) => osPlatform);
  return {
    Schema: [
      { Name: "OSPlatform", Type: "String" },
      { Name: "count_", Type: "Int64" },
    ],
    Results: [...new Set(platforms)].map((OSPlatform) => {
      return { OSPlatform, count_: platforms.filter((each) => each === OSPlatform).length };
    }),
  };
}
