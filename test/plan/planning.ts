import type { Incident, SaidPlatform } from "../../shared/incident/incident.ts";
import { choiceFor, type Asked } from "../../shared/plan/choice.ts";
import { planIncident } from "../../shared/plan/plan.ts";
import type { PlanInput, Planned, ResolvedMachine } from "../../shared/plan/plan.ts";
import { shippedCatalogue, shippedRouting } from "./shipped.ts";

/** The profiles we ship. */
export const catalogue = shippedCatalogue();

/** The rules we ship. */
const routing = shippedRouting();

/** A grave Sentinel incident, with some fields different. */
export function incident(fields: Partial<Incident> = {}): Incident {
  const known = { source: "sentinel", incidentId: "1", title: "t", severity: "high" } as const;
  const none = { url: null, asks: null, callback: null, armId: null };
  return { ...known, ...none, machines: [], unusable: [], ...fields };
}

/** A machine Defender knows, its id and name made from a number. */
export function machine(
  at: number,
  platform: SaidPlatform,
): Extract<ResolvedMachine, { kind: "known" }> {
  const machineId = at.toString(16).padStart(40, "0");
  return {
    kind: "known",
    machineId,
    name: `pc-${at}`,
    platform,
    facts: null,
    needsApproval: false,
  };
}

/** What is planned for one Windows machine as shipped, with some of the input different. */
export function plan(fields: Partial<PlanInput & Asked> = {}): Planned {
  const asked = { profile: null, parameters: {} };
  const machines = [machine(1, "windows")];
  const input = { incident: incident(), catalogue, routing, asked, machines, ...fields };
  const choice = choiceFor(input);
  return choice.kind === "parsed" ? planIncident(input, choice.value) : choice;
}

/** The input of a request that asks for a profile by name, or only for parameters. */
export function ask(
  profile: string | null,
  parameters: Readonly<Record<string, string>> = {},
): Partial<PlanInput> {
  return { asked: { profile, parameters } };
}
