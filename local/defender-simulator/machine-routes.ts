import { isIP } from "node:net";
import { authorize } from "./access.ts";
import { readingRoles } from "./action-routes.ts";
import { apiError, odata } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { askCollection } from "./collection.ts";
import { findMachine, machineEntity, unknownMachine } from "./machines.ts";
import type { FilterValue } from "./odata-filter.ts";
import type { SimulatedMachine } from "./options.ts";
import type { Tenant } from "./tenant.ts";

const LIST_ROLES = ["Machine.Read.All", "Machine.ReadWrite.All"];
/** The list machines API page; `rbacGroupName` is not among them. */
const FILTERABLE = [
  "computerDnsName",
  "id",
  "version",
  "deviceValue",
  "aadDeviceId",
  "machineTags/any",
  "lastSeen",
  "exposureLevel",
  "onboardingStatus",
  "lastIpAddress",
  "healthStatus",
  "osPlatform",
  "riskScore",
  "rbacGroupId",
];

/** GET machines. */
export function listMachines(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, LIST_ROLES);
  if (access.kind === "refused") return access.answer;
  const page = askCollection<SimulatedMachine>(tenant, call, {
    context: "Machines",
    path: "machines",
    members: tenant.options.machines,
    filterable: FILTERABLE,
    value: (machine, field) => machineField(tenant, machine, field),
    entity: (machine) => machineEntity(tenant, machine),
  });
  const none = page.kind === "page" && page.matching === 0;
  const refuses = tenant.rules.switches.noMachineMatch === "notFound";
  // A tenant without machines is 404 as documented; a filter that matches none hangs on the switch.
  if (none && (refuses || tenant.options.machines.length === 0)) {
    return apiError(tenant, 404, "ResourceNotFound", "There are no recent machines");
  }
  return page.answer;
}

function machineField(tenant: Tenant, machine: SimulatedMachine, field: string): FilterValue {
  if (field === "machineTags/any") return machine.machineTags ?? [];
  // Look-ups ask for these of every machine and for each term; the whole entity takes some drawing.
  if (field === "id") return machine.id.toLowerCase();
  if (field === "computerDnsName") return machine.computerDnsName;
  const value = machineEntity(tenant, machine)[field];
  if (typeof value !== "string") return typeof value === "number" ? value : null;
  return field === "lastSeen" ? Date.parse(value) : value;
}

/** GET machines/{id or computer name}. */
export function getMachine(tenant: Tenant, call: Call, idOrName: string): Answer {
  const access = authorize(tenant, call, readingRoles(tenant));
  if (access.kind === "refused") return access.answer;
  const machine = findMachine(tenant, idOrName);
  if (machine === null) return unknownMachine(tenant, idOrName);
  return odata(200, "Machines/$entity", machineEntity(tenant, machine));
}

/**
 * GET machines/findbytag?tag={tag}&useStartsWithFilter={true|false}, or the same names in
 * parentheses.
 */
export function findMachinesByTag(tenant: Tenant, call: Call, inParentheses: string): Answer {
  const access = authorize(tenant, call, LIST_ROLES);
  if (access.kind === "refused") return access.answer;
  const asked = functionArguments(call, inParentheses);
  const tag = asked.get("tag");
  if (tag === undefined) {
    return apiError(tenant, 400, "MissingRequiredParameter", "The parameter tag is required");
  }
  const starts = asked.get("usestartswithfilter")?.toLowerCase() === "true";
  return found(tenant, ({ machineTags }) =>
    (machineTags ?? []).some((own) => (starts ? own.startsWith(tag) : own === tag)),
  );
}

/** Find devices by internal IP API page: so far around the time a machine counts as seen. */
const SEEN_AROUND_MS = 15 * 60_000;
/** The same page: older times are 400. */
const OLDEST_MS = 30 * 86_400_000;

/** GET machines/findbyip(ip='{ip}',timestamp={ISO time}). */
export function findMachinesByIp(tenant: Tenant, call: Call, inParentheses: string): Answer {
  const access = authorize(tenant, call, LIST_ROLES);
  if (access.kind === "refused") return access.answer;
  const refuse = (code: string, message: string) => apiError(tenant, 400, code, message);
  const asked = functionArguments(call, inParentheses);
  const [ip, timestamp] = [asked.get("ip"), asked.get("timestamp")];
  if (ip === undefined || timestamp === undefined) {
    return refuse("MissingRequiredParameter", "The parameters ip and timestamp are required");
  }
  if (isIP(ip) === 0) return refuse("InvalidIpAddress", `${ip} is not an IP address`);
  const atMs = Date.parse(timestamp);
  // A clock that is a little ahead asks about the present, too.
  if (!(atMs >= call.nowMs - OLDEST_MS && atMs <= call.nowMs + SEEN_AROUND_MS)) {
    return refuse("InvalidInput", "The timestamp is not in the past 30 days");
  }
  return found(tenant, (machine) => {
    const { firstSeen, lastIpAddress } = machineEntity(tenant, machine);
    // A machine of which nobody says when it was last seen has been there all the time.
    const untilMs = machine.lastSeen === undefined ? call.nowMs : Date.parse(machine.lastSeen);
    const fromMs = Date.parse(String(firstSeen));
    const seen = atMs >= fromMs - SEEN_AROUND_MS && atMs <= untilMs + SEEN_AROUND_MS;
    return lastIpAddress === ip && seen;
  });
}

function found(tenant: Tenant, holds: (machine: SimulatedMachine) => boolean): Answer {
  const value = tenant.options.machines
    .filter(holds)
    .map((machine) => machineEntity(tenant, machine));
  return odata(200, "Machines", { value });
}

/** By name in lower case: `name='text'` and `name=value` in parentheses, else of the query. */
function functionArguments(call: Call, inParentheses: string): ReadonlyMap<string, string> {
  const named = inParentheses.matchAll(/(\w+)=(?:'((?:[^']|'')*)'|([^,']*))/g);
  const pairs = [...named].map(([, name = "", quoted, bare = ""]): [string, string] => [
    name,
    quoted?.replaceAll("''", "'") ?? bare.trim(),
  ]);
  return new Map([...call.query, ...pairs].map(([name, value]) => [name.toLowerCase(), value]));
}
