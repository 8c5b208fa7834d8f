import { parseDefender } from "./defender.ts";
import { parseGeneric } from "./generic.ts";
import { parseGraph } from "./graph.ts";
import type { Source } from "./incident.ts";
import { parseJira } from "./jira.ts";
import type { ParsedIncident } from "./parsed-incident.ts";
import { parseSentinel } from "./sentinel.ts";
import { parseServiceNow } from "./servicenow.ts";

const PARSERS: Readonly<Record<Source, (json: unknown) => ParsedIncident>> = {
  sentinel: parseSentinel,
  defender: parseDefender,
  graph: parseGraph,
  servicenow: parseServiceNow,
  jira: parseJira,
  generic: parseGeneric,
};

/**
 * Makes the one form of an incident of a sender's message. `invalid` lists at most 10 problems,
 * each with what to change; `nothingToDo`: the message was understood, and there is nothing to act
 * on. `json` comes from `readBody`, whose bounds keep this fast. Never throws.
 */
export function parseIncident(source: Source, json: unknown): ParsedIncident {
  return PARSERS[source](json);
}
