import { MAX_LABEL_CHARACTERS, MAX_NAME_CHARACTERS } from "./bounds.ts";
import type { MachineMention, SkippedMachine } from "./incident.ts";
import { platformOf, surerOf } from "./platform.ts";
import { oneLine } from "./text.ts";

/** Defender's machine id: 40 hex digits, as in every example of its API pages. */
const MACHINE_ID = /^[0-9a-f]{40}$/;

/**
 * One DNS label (letters, digits, hyphens inside, RFC 1035). NetBIOS names may have an underscore,
 * too.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** `DOMAIN\NAME`, `NAME$` or both. */
const ACCOUNT = /^(?:[^\\]+\\)?([^\\$]+)\$?$/;

/** What a sender says of one machine, before any check; the first possible name is used. */
export interface SaidOfMachine {
  readonly machineId: string | null;
  readonly names: readonly (string | null)[];
  /** Its words for the system, the best first. */
  readonly systems: readonly (string | null)[];
  /** The device's id in Entra. Defender's API finds no machine by it. */
  readonly entraId?: string | null;
}

/** One machine that a sender named: one to look for, or why lrq cannot look for it. */
export type Mentioned = MachineMention | SkippedMachine;

/** The mention of a machine; or the reason, if neither the id nor any of the names is possible. */
export function mentionOf(said: SaidOfMachine): Mentioned {
  const machineId = said.machineId === null ? null : machineIdOf(said.machineId);
  const name = firstName(said.names);
  if (machineId === null && name === null) return unusable(said);
  const platform = platformOf(...said.systems);
  if (name !== null) return { machineId, ...name, platform };
  // lrq cannot find a machine by it, but people know the machine by it.
  const label = said.names.find((each) => each !== null) ?? null;
  const written = label === null ? {} : { written: oneLine(label, MAX_LABEL_CHARACTERS) };
  return { machineId, name: null, ...written, platform };
}

/** Whether lrq can look for it. */
export function isMention(mentioned: Mentioned): mentioned is MachineMention {
  return "machineId" in mentioned;
}

/** A machine that lrq cannot look for, by what the sender wrote. */
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

/** A name for the look-up; and the text as it was written, if that is different. */
type ReadName = Pick<MachineMention, "written"> & { readonly name: string };

/**
 * The name; or the name in `DOMAIN\NAME` (a computer of a domain) and `NAME$` (its account there).
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
 * Each machine once, at the place where it was first named. Mentions of one id are one machine. A
 * mention by name alone joins the first machine whose id came with exactly that name. Mentions of
 * one machine complete each other.
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

/** The first name that needs no interpreting, else the first that can be interpreted. */
function firstName(names: readonly (string | null)[]): ReadName | null {
  const read = names.map((each) => (each === null ? null : readName(each)));
  const found = read.filter((each) => each !== null);
  return found.find(({ written }) => written === undefined) ?? found[0] ?? null;
}
