import {
  MAX_INCIDENT_ID_CHARACTERS,
  MAX_MACHINES,
  MAX_TITLE_CHARACTERS,
  MAX_URL_CHARACTERS,
} from "./bounds.ts";
import type {
  AskedCallback,
  Asks,
  Incident,
  MachineMention,
  Severity,
  Source,
} from "./incident.ts";
import { mergeMentions } from "./machine-mention.ts";
import type { Parsed } from "./problem.ts";
import { invalid } from "./refusal.ts";
import { hasUnseen, oneLine } from "./text.ts";

/**
 * What a sender's message comes to: an incident, what is wrong with it, or nothing we could act on.
 */
export type ParsedIncident = Parsed<Incident> | NothingToDo;

/**
 * Understood, and there is nothing to act on; `detail` says why, and what to send instead if that
 * helps.
 */
export interface NothingToDo {
  readonly kind: "nothingToDo";
  readonly detail: string;
}

/** What a source's parser read, before the rules that hold for all of them. */
export interface SaidOfIncident {
  readonly source: Source;
  readonly incidentId: string | null;
  /** Where the id stands in this source's body, for the problem that it is missing or unfit. */
  readonly idPath: string;
  readonly title: string | null;
  readonly severity: Severity;
  readonly url: string | null;
  /** Null stands for a machine the sender meant but whose id and name are both unusable. */
  readonly machines: readonly (MachineMention | null)[];
  /** Where this source names machines, for the answer that there are none. */
  readonly machinesPath: string;
  readonly asks: Asks | null;
  /** Absent: none. Only some sources have these. */
  readonly callback?: AskedCallback | null;
  readonly armId?: string | null;
}

/** Nothing to act on, for this reason. */
export function nothingToDo(detail: string): NothingToDo {
  return { kind: "nothingToDo", detail };
}

/**
 * The incident, its text cut to bounds and its machines each once. Refused: no id, an id of more
 * than 200 characters or with unseen ones, more than 500 machines. Nothing to do: no machine we
 * could look for.
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
  const machines = mergeMentions(said.machines.filter((mention) => mention !== null));
  if (machines.length === 0) return nothingToDo(noMachines(said));
  if (machines.length > MAX_MACHINES) {
    const message = `Send at most ${MAX_MACHINES} machines an incident, not ${machines.length}.`;
    return invalid([{ path: said.machinesPath, message }]);
  }
  const title =
    oneLine(said.title ?? "", MAX_TITLE_CHARACTERS) || `${source} incident ${incidentId}`;
  const { severity, asks, callback = null, armId = null } = said;
  const url = httpsUrl(said.url);
  return {
    kind: "parsed",
    value: { source, incidentId, title, severity, url, machines, asks, callback, armId },
  };
}

/**
 * The link if it is an absolute https one of at most 2,048 characters and without a password in it,
 * else null.
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
    "(40 hex digits) or a DNS name to look for."
  );
}
