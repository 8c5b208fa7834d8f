import { authorize } from "./access.ts";
import { readingRoles } from "./action-routes.ts";
import { apiError, odata } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import { askCollection } from "./collection.ts";
import { findMachine, machineEntity } from "./machines.ts";
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
  "machineTags",
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
    withoutOperators: [],
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

function machineField(
  tenant: Tenant,
  machine: SimulatedMachine,
  field: string,
): string | number | null | readonly string[] {
  if (field === "machineTags") return machine.machineTags ?? [];
  const value = machineEntity(tenant, machine)[field];
  if (typeof value !== "string") return typeof value === "number" ? value : null;
  return field === "lastSeen" ? Date.parse(value) : value;
}

/** GET machines/{id or computer name}. */
export function getMachine(tenant: Tenant, call: Call, idOrName: string): Answer {
  const access = authorize(tenant, call, readingRoles(tenant));
  if (access.kind === "refused") return access.answer;
  const machine = findMachine(tenant, idOrName);
  if (machine === null) {
    return apiError(tenant, 404, "ResourceNotFound", `Machine ${idOrName} was not found`);
  }
  return odata(200, "Machines/$entity", machineEntity(tenant, machine));
}

/** GET machines/findbytag?tag={tag}&useStartsWithFilter={true|false}. */
export function findMachinesByTag(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, LIST_ROLES);
  if (access.kind === "refused") return access.answer;
  const tag = call.query.get("tag");
  if (tag === null) {
    return apiError(tenant, 400, "MissingRequiredParameter", "The parameter tag is required");
  }
  const starts = call.query.get("useStartsWithFilter")?.toLowerCase() === "true";
  const value = tenant.options.machines
    .filter(({ machineTags }) =>
      (machineTags ?? []).some((own) => (starts ? own.startsWith(tag) : own === tag)),
    )
    .map((machine) => machineEntity(tenant, machine));
  return odata(200, "Machines", { value });
}
