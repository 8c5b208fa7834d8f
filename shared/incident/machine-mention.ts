import { MAX_NAME_CHARACTERS } from "./bounds.ts";
import type { MachineMention } from "./incident.ts";
import { platformOf } from "./platform.ts";

/** Defender's machine id: 40 hex digits, as in every example of its API pages. */
const MACHINE_ID = /^[0-9a-f]{40}$/;

/**
 * One DNS label (RFC 1035 letters, digits, hyphens inside), with the underscore NetBIOS names may
 * carry.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** What a sender says of one machine, unchecked; the first name that can be one is taken. */
export interface SaidOfMachine {
  readonly machineId: string | null;
  readonly names: readonly (string | null)[];
  readonly operatingSystem: string | null;
}

/** The mention of a machine, or null if neither the id nor any of the names can be one. */
export function mentionOf(said: SaidOfMachine): MachineMention | null {
  const machineId = said.machineId === null ? null : machineIdOf(said.machineId);
  const name = firstName(said.names);
  if (machineId === null && name === null) return null;
  return { machineId, name, platform: platformOf(said.operatingSystem) };
}

/** The machine id in lower case, or null if the text is not exactly 40 hex digits. */
export function machineIdOf(text: string): string | null {
  const id = text.trim().toLowerCase();
  return MACHINE_ID.test(id) ? id : null;
}

/**
 * The name in lower case without a closing dot, or null if it is no DNS or NetBIOS name of at most
 * 255 characters.
 */
export function machineNameOf(text: string): string | null {
  const name = text.trim().toLowerCase().replace(/\.$/, "");
  if (name.length > MAX_NAME_CHARACTERS) return null;
  return name.split(".").every((label) => LABEL.test(label)) ? name : null;
}

/**
 * The machine ids in a text that separates them by spaces, commas or semicolons; other words are
 * passed over.
 */
export function machineIdsIn(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map(machineIdOf)
    .filter((id) => id !== null);
}

/**
 * Each machine once, where it was first mentioned. Mentions of one id are one machine; a mention by
 * name alone joins the first machine whose id was mentioned with that very name. What one mention
 * leaves out another adds.
 */
export function mergeMentions(mentions: readonly MachineMention[]): MachineMention[] {
  const idOfName = new Map<string, string>();
  for (const { machineId, name } of mentions) {
    if (machineId !== null && name !== null && !idOfName.has(name)) idOfName.set(name, machineId);
  }
  const merged = new Map<string, MachineMention>();
  for (const mention of mentions) {
    const { name } = mention;
    const known = name === null ? undefined : idOfName.get(name);
    const machineId = mention.machineId ?? known ?? null;
    const key = machineId ?? `name ${name}`;
    merged.set(key, join(merged.get(key), { ...mention, machineId }));
  }
  return [...merged.values()];
}

function join(first: MachineMention | undefined, next: MachineMention): MachineMention {
  if (first === undefined) return next;
  return {
    machineId: first.machineId,
    name: first.name ?? next.name,
    platform: first.platform ?? next.platform,
  };
}

function firstName(names: readonly (string | null)[]): string | null {
  for (const said of names) {
    const name = said === null ? null : machineNameOf(said);
    if (name !== null) return name;
  }
  return null;
}
