import { SOURCES } from "../../../shared/incident/incident.ts";
import { UsageError } from "../command/stop.ts";
import type { Asked } from "../command/verb.ts";

/** What is sent: a path below `/api/`, and a JSON text. */
export interface SubmitRequest {
  readonly path: string;
  readonly body: string;
}

const MACHINE_ID = /^[0-9a-f]{40}$/i;

/**
 * The request that was asked for. `text` is the body of a file, or null if the options say
 * everything. Throws a `UsageError` if they do not, or if the text is no JSON.
 */
export function requestOf(asked: Asked, text: string | null): SubmitRequest {
  const source = sourceOf(asked.text("source"));
  const query = new URLSearchParams(asked.flag("again") ? { again: "true" } : {});
  if (text === null) {
    if (source !== "generic")
      throw new UsageError("--source says whose a file is, but there is none");
    return { path: pathOf(source, query), body: JSON.stringify(incidentOf(asked)) };
  }
  for (const name of ["incident", "title", "severity"]) {
    if (asked.text(name) !== null)
      throw new UsageError(`--${name} is for an incident without a file`);
  }
  if (asked.texts("machine").length > 0) {
    throw new UsageError("--machine is for an incident without a file");
  }
  const profile = asked.text("profile");
  if (profile !== null) query.set("profile", profile);
  for (const [name, value] of Object.entries(parametersOf(asked))) {
    query.set(`parameter.${name}`, value);
  }
  return { path: pathOf(source, query), body: checkedJson(text) };
}

function sourceOf(text: string | null): string {
  const source = SOURCES.find((each) => each === (text ?? "generic"));
  if (source !== undefined) return source;
  throw new UsageError(`${text} is no source: ${SOURCES.join(", ")}`);
}

function pathOf(source: string, query: URLSearchParams): string {
  return `incidents/${source}${query.size === 0 ? "" : `?${query.toString()}`}`;
}

/** An incident in our own form. */
function incidentOf(asked: Asked): unknown {
  const id = asked.text("incident");
  const machines = asked.texts("machine");
  if (id === null || machines.length === 0) {
    throw new UsageError("name a file (- for stdin), or --incident ID and --machine NAME");
  }
  const parameters = parametersOf(asked);
  return {
    incident: {
      id,
      ...given("title", asked.text("title")),
      ...given("severity", asked.text("severity")),
    },
    machines: machines.map((name) => {
      return MACHINE_ID.test(name) ? { machineId: name.toLowerCase() } : { name };
    }),
    ...given("profile", asked.text("profile")),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
}

function given(name: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [name]: value };
}

function parametersOf(asked: Asked): Record<string, string> {
  const pairs = asked.texts("param").map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--param takes NAME=VALUE, and not ${text}`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}

/** The text as it was given, if it is JSON. */
function checkedJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the incident is no JSON: ${why}`);
  }
}
