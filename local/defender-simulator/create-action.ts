import { sessionsOf } from "./machine-actions.ts";
import type { SimulatedMachine } from "./options.ts";
import { guid } from "./random.ts";
import type { ActionRecord } from "./state.ts";
import type { Tenant } from "./tenant.ts";

type Asked = Pick<
  ActionRecord,
  "requestor" | "scope" | "comment" | "externalId" | "commands" | "foreignSeconds"
>;

/** Adds an action, Pending; the caller has made sure that it may be. */
export function createAction(
  tenant: Tenant,
  machine: SimulatedMachine,
  nowMs: number,
  asked: Asked,
): ActionRecord {
  const { rules, state } = tenant;
  const { switches, timings } = rules;
  const ordinal = state.actions.length + 1;
  const action: ActionRecord = {
    ...asked,
    id: guid(rules.seed, "action", ordinal),
    ordinal,
    machineId: machine.id.toLowerCase(),
    createdAtMs: nowMs,
    visibleAtMs: nowMs + rules.drawMs(switches.visibleAfterSeconds, "visible", ordinal),
    listedAtMs: nowMs + rules.drawMs(switches.listedAfterSeconds, "listed", ordinal),
    pickupAtMs: nowMs + rules.drawMs(timings.pendingSeconds, "pending", ordinal),
    expiresAtMs: nowMs + rules.ms(switches.queueTtlSeconds),
    pickedUpAtMs: null,
    schedule: null,
    cancel: null,
    end: null,
  };
  state.actions.push(action);
  tenant.open.add(action);
  tenant.changed = true;
  state.sessionsMost = Math.max(state.sessionsMost, sessionsOf(tenant, asked.scope).length);
  return action;
}

/** The live response that holds the machine, if any. */
export function openActionOn(tenant: Tenant, machine: SimulatedMachine): ActionRecord | null {
  for (const action of tenant.open) {
    if (action.machineId === machine.id.toLowerCase()) return action;
  }
  return null;
}
