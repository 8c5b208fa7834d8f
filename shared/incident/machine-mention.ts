import { MAX_LABEL_CHARACTERS, MAX_NAME_CHARACTERS } from "./bounds.ts";
import type { MachineMention, SkippedMachine } from "./incident.ts";
import { platformOf, surerOf } from "./platform.ts";
import { oneLine } from "./text.ts";

/** Defender's machine id: 40 hex digits, as in every example of its API pages. */
const MACHINE_ID = /^[0-9a-f]{40}$/;

/**
 * One DNS label (RFC 1035 letters, digits, hyphens inside), with the underscore NetBIOS names may
 * carry.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** `DOMAIN\NAME`, `NAME$` or both. */
const ACCOUNT = /^(?:[^\\]+\\)?([^\\$]+)\$?$/;

/** What a sender says of one machine, unchecked; the first name that can be one is taken. */
export interface SaidOfMachine {
  readonly machineId: string | null;
  readonly names: readonly (string | null)[];
  /** Its words for the system, the surest first. */
  readonly systems: readonly (string | null)[];
  /** The device's id in Entra, by which Defender's API finds no machine. */
  readonly entraId?: string | null;
}

/** One machine a sender named: one to look for, or why nobody can. */
export type Mentioned = MachineMention | SkippedMachine;

/** The mention of a machine, or the reason if neither the id nor any of the names can be one. */
export function mentionOf(said: SaidOfMachine): Mentioned {
  const machineId = said.machineId === null ? null : machineIdOf(said.machineId);
  const name = firstName(said.names);
  if (machineId === null && name === null) return unusable(said);
  const platform = platformOf(...said.systems);
  if (name !== null) return { machineId, ...name, platform };
  // Nobody is found by it, but a person knows the machine by it.
  const label = said.names.find((each) => each !== null) ?? null;
  const written = label === null ? {} : { written: oneLine(label, MAX_LABEL_CHARACTERS) };
  return { machineId, name: null, ...written, platform };
}

/** Whether there is something to look for. */
export function isMention(mentioned: Mentioned): mentioned is MachineMention {
  return "machineId" in mentioned;
}

/** A machine that nobody can look for, by what the sender wrote. */
export function skipped(written: string, reason: string): SkippedMachine {
  return { machine: oneLine(written, MAX_LABEL_CHARACTERS) || "unnamed machine", reason };
}

function unusable({ machineId, names, entraId = null }: SaidOfMachine): SkippedMachine {
  const name = names.find((each) => each !== null) ?? null;
  if (name !== null) return skipped(name, NO_NAME);
  if (machineId !== null) return skipped(machineId, noId(machineId));
  if (entraId !== null) return skipped(entraId, ENTRA_ONLY);
  return skipped("", NOTHING_SAID);
}

const SEND_ID = "Send the machine's id in Defender (40 hex digits).";
const NO_NAME = `It has characters that no DNS name has, so it cannot be looked up. ${SEND_ID}`;
const ENTRA_ONLY = `Only the device's id in Entra was sent, and no name. ${SEND_ID}`;
const NOTHING_SAID = `Neither an id nor a name was sent. ${SEND_ID}`;

/** Why a text is no machine id. */
export function noId(text: string): string {
  const { length } = text.trim();
  return `A machine's id in Defender is 40 hex digits; this is none, and has ${length} characters.`;
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

/** A name as it can be looked up, and how it was written if that is something else. */
type ReadName = Pick<MachineMention, "written"> & { readonly name: string };

/**
 * The name, or what `DOMAIN\NAME` and `NAME$` stand for: the computer of a domain, and its
 * account there.
 */
function readName(text: string): ReadName | null {
  const plain = machineNameOf(text);
  if (plain !== null) return { name: plain };
  if (text.length > MAX_NAME_CHARACTERS) return null;
  const account = ACCOUNT.exec(text.trim())?.[1] ?? "";
  const name = machineNameOf(account);
  return name === null ? null : { name, written: oneLine(text, MAX_LABEL_CHARACTERS) };
}

/** The words of a text that separates them by spaces, commas or semicolons. */
export function wordsIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== "");
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
    platform: surerOf(first.platform, next.platform),
    ...writtenAs(first.name === null ? next : first),
  };
}

function writtenAs({ written }: MachineMention): Pick<MachineMention, "written"> {
  return written === undefined ? {} : { written };
}

/** The first of the names that can be one as it is, else the first that can be read. */
function firstName(names: readonly (string | null)[]): ReadName | null {
  const read = names.map((each) => (each === null ? null : readName(each)));
  const found = read.filter((each) => each !== null);
  return found.find(({ written }) => written === undefined) ?? found[0] ?? null;
}
