import { authorize } from "./access.ts";
import { apiError, json } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { machineEntity } from "./machines.ts";
import { isRecord, parseJson } from "./request-body.ts";
import type { SimulatedMachine } from "./options.ts";
import type { Tenant } from "./tenant.ts";

const ROLES = ["AdvancedQuery.Read.All"];
const GRAPH_ROLES = ["ThreatHunting.Read.All"];

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
  const found = query(tenant, call, ROLES);
  if (found.kind === "refused") return found.answer;
  const { columns, rows } = found;
  const schema = columns.map(([name, type]) => ({ Name: name, Type: type }));
  return json(200, { Schema: schema, Results: rows });
}

/** POST v1.0/security/runHuntingQuery, which Graph has. */
export function runGraphQuery(tenant: Tenant, call: Call): Answer {
  const found = query(tenant, call, GRAPH_ROLES);
  if (found.kind === "refused") return found.answer;
  const { columns, rows } = found;
  const schema = columns.map(([name, type]) => ({ name, type }));
  return json(200, { schema, results: rows });
}

type Found =
  | { readonly kind: "refused"; readonly answer: Answer }
  | ({ readonly kind: "found" } & Table);

interface Table {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly object[];
}

function query(tenant: Tenant, call: Call, roles: readonly string[]): Found {
  const access = authorize(tenant, call, roles);
  if (access.kind === "refused") return access;
  const refuse = (code: string, message: string): Found => {
    return { kind: "refused", answer: apiError(tenant, 400, code, message) };
  };
  const body = parseJson(call.body);
  const text = isRecord(body) ? body["Query"] : undefined;
  if (typeof text !== "string") {
    return refuse("MissingRequiredParameter", "The parameter Query is required");
  }
  const parts = QUERY.exec(text.replaceAll(/\s+/g, " ").trim())?.groups;
  const field = parts?.["column"] === undefined ? null : COLUMNS[parts["column"]];
  if (parts === undefined || field === undefined) {
    return refuse("BadRequest", "Syntax error in the query. Fix it and try again");
  }
  const machines = tenant.options.machines.filter(
    (machine) => field === null || machineEntity(tenant, machine)[field] === parts["wanted"],
  );
  const table = parts["last"] === "distinct DeviceId" ? ids(machines) : counts(machines);
  return { kind: "found", ...table, rows: table.rows.slice(0, tenant.rules.limits.huntRows) };
}

function ids(machines: readonly SimulatedMachine[]): Table {
  const rows = machines.map(({ id }) => ({ DeviceId: id.toLowerCase() }));
  return { columns: [["DeviceId", "String"]], rows };
}

function counts(machines: readonly SimulatedMachine[]): Table {
  const platforms = machines.map(({ osPlatform }) => osPlatform);
  const rows = [...new Set(platforms)].map((OSPlatform) => {
    return { OSPlatform, count_: platforms.filter((each) => each === OSPlatform).length };
  });
  return {
    columns: [
      ["OSPlatform", "String"],
      ["count_", "Int64"],
    ],
    rows,
  };
}
