import { z } from "zod";
import { MAX_URL_CHARACTERS } from "./bounds.ts";
import { field } from "./fields.ts";
import { PLATFORMS, RUN_EVENTS, SEVERITIES } from "./incident.ts";
import type { AskedCallback, Asks, Platform } from "./incident.ts";
import { mentionOf, type Mentioned } from "./machine-mention.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { httpsUrl, incidentFrom, nothingToDo } from "./parsed-incident.ts";
import { invalid } from "./refusal.ts";
import { schemaProblems } from "./schema-problems.ts";

/** The event types of the envelope that lrq acts on; for any other type there is nothing to do. */
const EVENTS = ["incident.created", "incident.updated"] as const;

/**
 * Most parameters in a body, and most characters of a value; the bounds of a profile are narrower.
 */
const MAX_PARAMETERS = 20;
const MAX_VALUE_CHARACTERS = 256;

const id = z.string().trim().min(1, "Send the incident's id.");
const severity = z.enum(SEVERITIES, `Use one of ${SEVERITIES.join(", ")}.`).default("unknown");
const url = z
  .string()
  .refine((text) => httpsUrl(text) !== null, "Send an https address without a password in it.")
  .nullish();
const platform = z.enum(PLATFORMS, `Use one of ${PLATFORMS.join(", ")}.`).nullish();
/** Ids and names that cannot be used are skipped with the reason, as for every sender. */
const naming = z.string().nullish();
const callback = z
  .strictObject({
    url: z.string().min(1, "Send the address to call back.").max(MAX_URL_CHARACTERS),
    events: z.array(z.enum(RUN_EVENTS)).min(1, "Name an event, or leave the field out.").nullish(),
  })
  .nullish();
const asking = {
  callback,
  profile: z.string().trim().min(1, "Name a profile, or leave the field out.").nullish(),
  parameters: z
    .record(z.string(), z.string().max(MAX_VALUE_CHARACTERS))
    .refine((all) => Object.keys(all).length <= MAX_PARAMETERS, "Send at most 20 parameters.")
    .optional(),
};

/** Our own form. */
export const plainSchema = z.strictObject({
  incident: z.strictObject({ id, title: z.string().optional(), severity, url }),
  machines: z.array(
    z
      .strictObject({ machineId: naming, name: naming, platform })
      .refine((machine) => hasEither(machine.machineId, machine.name), "Send machineId or name."),
  ),
  ...asking,
});

/** The envelope of Standard Webhooks, for the event types that lrq acts on. */
export const envelopeSchema = z.strictObject({
  type: z.enum(EVENTS),
  timestamp: z.string(),
  data: z.strictObject({
    incidentId: id,
    title: z.string().optional(),
    severity,
    url,
    devices: z.array(
      z
        .strictObject({ machineId: naming, dnsName: naming, platform })
        .refine(
          (device) => hasEither(device.machineId, device.dnsName),
          "Send machineId or dnsName.",
        ),
    ),
    ...asking,
  }),
});

/**
 * Our own two forms, both strict: `{incident, machines, profile?, parameters?, callback?}`, and the
 * Standard Webhooks envelope `{type, timestamp, data: {incidentId, devices, ...}}`. Severities and
 * platforms are in our words; without a severity it is unknown. For another event type, or without
 * a machine, there is nothing to do.
 */
export function parseGeneric(json: unknown): ParsedIncident {
  return field(json, "data") === undefined ? parsePlain(json) : parseEnvelope(json);
}

function parsePlain(json: unknown): ParsedIncident {
  const checked = plainSchema.safeParse(json);
  if (!checked.success) return invalid(schemaProblems(checked.error));
  const { incident, machines } = checked.data;
  return incidentFrom({
    source: "generic",
    incidentId: incident.id,
    idPath: "incident.id",
    title: incident.title ?? null,
    severity: incident.severity,
    url: incident.url ?? null,
    machines: machines.map((machine) => mention(machine.machineId, machine.name, machine.platform)),
    machinesPath: "machines",
    asks: asksOf(checked.data),
    callback: callbackOf(checked.data.callback),
  });
}

function parseEnvelope(json: unknown): ParsedIncident {
  const type = field(json, "type");
  if (typeof type === "string" && !EVENTS.some((each) => each === type)) {
    return nothingToDo(`lrq acts only on events of type ${EVENTS.join(" and ")}.`);
  }
  const checked = envelopeSchema.safeParse(json);
  if (!checked.success) return invalid(schemaProblems(checked.error));
  const { data } = checked.data;
  return incidentFrom({
    source: "generic",
    incidentId: data.incidentId,
    idPath: "data.incidentId",
    title: data.title ?? null,
    severity: data.severity,
    url: data.url ?? null,
    machines: data.devices.map((device) =>
      mention(device.machineId, device.dnsName, device.platform),
    ),
    machinesPath: "data.devices",
    asks: asksOf(data),
    callback: callbackOf(data.callback),
  });
}

/** A text that may be absent; or null, because some senders write every field. */
type Maybe<T> = T | null | undefined;

function mention(id: Maybe<string>, name: Maybe<string>, on: Maybe<Platform>): Mentioned {
  return mentionOf({ machineId: id ?? null, names: [name ?? null], systems: [on ?? null] });
}

function hasEither(machineId: Maybe<string>, name: Maybe<string>): boolean {
  return typeof machineId === "string" || typeof name === "string";
}

function callbackOf(asked: z.infer<typeof callback>): AskedCallback | null {
  return asked ? { url: asked.url, events: asked.events ?? null } : null;
}

function asksOf(said: {
  profile?: Maybe<string>;
  parameters?: Record<string, string> | undefined;
}): Asks | null {
  const profile = said.profile ?? null;
  const parameters = said.parameters ?? {};
  return profile === null && Object.keys(parameters).length === 0 ? null : { profile, parameters };
}
