import {
  MAX_INCIDENT_ID_CHARACTERS,
  MAX_LABEL_CHARACTERS,
  MAX_MACHINES,
  MAX_TITLE_CHARACTERS,
  MAX_URL_CHARACTERS,
} from "./bounds.ts";
import type {
  AskedCallback,
  Asks,
  Incident,
  Severity,
  SkippedMachine,
  Source,
} from "./incident.ts";
import { isMention, mergeMentions, type Mentioned } from "./machine-mention.ts";
import type { Parsed } from "./problem.ts";
import { invalid } from "./refusal.ts";
import { hasUnseen, oneLine } from "./text.ts";
import { labelled } from "./unusable.ts";

/**
 * The result of a sender's message: an incident, what is wrong with it, nothing to act on, or news
 * of a subscription.
 */
export type ParsedIncident = Parsed<Incident> | NothingToDo | Lifecycle;

/**
 * Understood, and there is nothing to act on; `detail` says why and, if that helps, what to send
 * instead.
 */
export interface NothingToDo {
  readonly kind: "nothingToDo";
  readonly detail: string;
  /** Machines that the sender named, and why lrq cannot look for each of them. */
  readonly skipped: readonly SkippedMachine[];
}

/** Graph reports about a subscription and not about an incident: it is accepted and noted. */
export interface Lifecycle {
  readonly kind: "lifecycle";
  /** The events that it names, each once. */
  readonly events: readonly string[];
}

/** What a source's parser read, before the rules for all sources. */
export interface SaidOfIncident {
  readonly source: Source;
  readonly incidentId: string | null;
  /**
   * The place of the id in this source's body, for the problem that it is missing or cannot be
   * used.
   */
  readonly idPath: string;
  readonly title: string | null;
  readonly severity: Severity;
  readonly url: string | null;
  readonly machines: readonly Mentioned[];
  /** The place of machines in this source's body, for the answer that there are none. */
  readonly machinesPath: string;
  readonly asks: Asks | null;
  /** Absent means none. Only some sources have these. */
  readonly callback?: AskedCallback | null;
  readonly armId?: string | null;
}

/** News about a subscription, with these events. */
export function lifecycle(events: readonly string[]): Lifecycle {
  const words = events.map((each) => oneLine(each, MAX_LABEL_CHARACTERS));
  return { kind: "lifecycle", events: [...new Set(words)] };
}

/** Nothing to act on, with this reason. */
export function nothingToDo(detail: string, skipped: readonly SkippedMachine[] = []): NothingToDo {
  return { kind: "nothingToDo", detail, skipped };
}

/**
 * The incident, with its text cut to the bounds and each machine once. Refused: no id; an id with
 * more than 200 characters or with invisible ones; more than 500 machines. Nothing to do: no
 * machine that lrq could look for. Machines that lrq cannot look for are kept with the reason.
 */
export function incidentFrom(said: SaidOfIncident): ParsedIncident {
  const { source, incidentId, idPath } = said;
  if (incidentId === null) {
    return invalid([{ path: idPath, message: `Send the incident's id in ${idPath}.` }]);
  }
  if (incidentId.length > MAX_INCIDENT_ID_CHARACTERS || hasUnseen(incidentId)) {
    const message = `Send an id of at most ${MAX_INCIDENT_ID_CHARACTERS} visible characters.`;
    return invalid([{ path: idPath, message }]);
  }
  const machines = mergeMentions(said.machines.filter(isMention));
  const unusable = labelled(said.machines.flatMap((each) => (isMention(each) ? [] : [each])));
  const count = machines.length + unusable.length;
  if (count > MAX_MACHINES) {
    const message = `Send at most ${MAX_MACHINES} machines an incident, not ${count}.`;
    return invalid([{ path: said.machinesPath, message }]);
  }
  if (machines.length === 0) return nothingToDo(noMachines(said), unusable);
  const title =
    oneLine(said.title ?? "", MAX_TITLE_CHARACTERS) || `${source} incident ${incidentId}`;
  const { severity, asks, callback = null, armId = null } = said;
  const url = httpsUrl(said.url);
  const known = { source, incidentId, title, severity, url, armId };
  return { kind: "parsed", value: { ...known, machines, unusable, asks, callback } };
}

/**
 * The link, if it is an absolute https link of at most 2,048 characters without a password;
 * otherwise null.
 */
export function httpsUrl(text: string | null): string | null {
  if (text === null || text.length > MAX_URL_CHARACTERS || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") return null;
  return url.href.length <= MAX_URL_CHARACTERS ? url.href : null;
}

function noMachines({ machines, machinesPath }: SaidOfIncident): string {
  if (machines.length === 0) return `The incident names no machine in ${machinesPath}.`;
  return (
    `None of the ${machines.length} machines in ${machinesPath} has a Defender machine id ` +
    "(40 hex digits) or a DNS name to look for. Each is skipped with its reason."
  );
}
