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
 * A sender's message as the one Incident the program knows. `invalid` lists at most 10 problems,
 * each saying what to change; `nothingToDo` is a message understood that gives nothing to act on.
 * `json` comes from `readBody`, whose bounds keep this fast. Never throws.
 */
export function parseIncident(source: Source, json: unknown): ParsedIncident {
  return PARSERS[source](json);
}
