import { MAX_LABEL_CHARACTERS, MAX_NAME_CHARACTERS } from "./bounds.ts";
import type { MachineMention } from "./incident.ts";
import { platformOf, surerOf } from "./platform.ts";
import { oneLine } from "./text.ts";
import type { Unusable } from "./unusable.ts";

/** Defender's machine id: 40 hex digits, as in every example of its API pages. */
const MACHINE_ID = /^[0-9a-f]{40}$/;

/**
 * One DNS label (letters, digits, hyphens inside, RFC 1035). NetBIOS names may have an underscore,
 * too.
 */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A number as a part of an IPv4 address: decimal, or hexadecimal as some tools write it. */
const NUMBER = /^(?:\d+|0x[0-9a-f]+)$/;

/** An IPv6 address, whose zone or prefix may follow it, in brackets or without. */
const IPV6 = /^\[?(?=[^%/\]]*(?:::|(?::[^:%/\]]*){7}))[0-9a-f:.]+(?:[%/][^\]]*)?(?:\](?::\d+)?)?$/;

/** `DOMAIN\NAME`, `NAME$` or both. */
const ACCOUNT = /^(?:[^\\]+\\)?([^\\$]+)\$?$/;

/** What a sender says of one machine, before any check; the first possible name is used. */
export interface SaidOfMachine {
  readonly machineId: string | null;
  readonly names: readonly (string | null)[];
  /** Its words for the system, the best first. */
  readonly systems: readonly (string | null)[];
  /** Ids by which Defender's API finds no machine, the best first. */
  readonly otherIds?: readonly (OtherId | null)[];
}

interface OtherId {
  readonly of: keyof typeof OTHER_IDS;
  readonly id: string;
}

const OTHER_IDS = {
  entra: "the device's id in Entra",
  azure: "the machine's resource id in Azure",
  logAnalytics: "the id of the machine's Log Analytics agent",
  display: "a display name",
} as const;

/** One machine that a sender named: one to look for, or why lrq cannot look for it. */
export type Mentioned = MachineMention | Unusable;

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

/** An id that another service gave the machine; null if it gave none. */
export function otherId(of: OtherId["of"], id: string | null): OtherId | null {
  return id === null ? null : { of, id };
}

/** Whether lrq can look for it. */
export function isMention(mentioned: Mentioned): mentioned is MachineMention {
  return "machineId" in mentioned;
}

function unusable({ machineId, names, otherIds = [] }: SaidOfMachine): Unusable {
  const name = names.find((each) => each !== null) ?? null;
  if (name !== null) {
    const reason = isAddress(name) ? ADDRESS : NO_NAME;
    return { said: `${name} ${machineId ?? ""}`, shownAs: name, reason };
  }
  if (machineId !== null) return { said: machineId, reason: noId(machineId) };
  const other = otherIds.find((each) => each !== null) ?? null;
  if (other === null) return { said: "", reason: NOTHING_SAID };
  const reason = `Only ${OTHER_IDS[other.of]} was sent, and no host name. ${SEND_ID}`;
  // The last part of a path is what people call the resource.
  const last = other.id.split("/").findLast((part) => part.trim() !== "") ?? other.id;
  return { said: other.id, ...(other.of === "azure" ? { shownAs: last } : {}), reason };
}

/** A machine that came with several ids of Defender: nobody can say which of them is meant. */
export function ambiguous(ids: readonly string[], names: readonly (string | null)[]): Unusable {
  const all = ids.join(", ");
  const shownAs = names.find((each) => each !== null) ?? all;
  const reason = `It was sent with ${ids.length} different ids in Defender: ${all}. Send one of them.`;
  return { said: `${shownAs} ${all}`, shownAs, reason };
}

const SEND_ID = "Send the machine's id in Defender (40 hex digits).";
const NO_NAME = `It has characters that no DNS name has, so it cannot be looked up. ${SEND_ID}`;
const ADDRESS = `This is an IP address, and machines share and change those. ${SEND_ID}`;
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
 * 255 characters. An IP address is none: its first number would find a machine of that name.
 */
export function machineNameOf(text: string): string | null {
  const name = text.trim().toLowerCase().replace(/\.$/, "");
  if (name.length > MAX_NAME_CHARACTERS) return null;
  if (isAddress(name)) return null;
  return name.split(".").every((label) => LABEL.test(label)) ? name : null;
}

/**
 * Whether a text is an IP address: numbers with dots between them, as no DNS name is (its last
 * label is no number, RFC 3696, section 2), or IPv6. A port or a prefix may follow.
 */
export function isAddress(text: string): boolean {
  const address = text.trim().toLowerCase().replace(ACCOUNT, "$1").replace(/\.$/, "");
  if (IPV6.test(address)) return true;
  const numbers = address.replace(/[:/]\d+$/, "").split(".");
  return numbers.length > 1 && numbers.every((each) => NUMBER.test(each));
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
 * mention by name alone joins the first machine whose id came with exactly that name. `A\PC` and
 * `B\PC` stay two until Defender has said which machines they are. Mentions of one machine complete
 * each other.
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
    const key = machineId ?? `name ${name} ${domainOf(mention)}`;
    merged.set(key, join(merged.get(key), { ...mention, machineId }));
  }
  return [...merged.values()];
}

/** The Windows domain that the sender wrote before the name. */
function domainOf({ written = "" }: MachineMention): string {
  return written.slice(0, Math.max(0, written.indexOf("\\"))).toLowerCase();
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
