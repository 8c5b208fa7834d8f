import type { SimulatedCommand } from "./state.ts";

/** What a POST to runliveresponse asks for, or why it cannot be read. */
export type RequestBody =
  | {
      readonly kind: "request";
      readonly comment: string | null;
      readonly externalId: string | null;
      readonly commands: readonly SimulatedCommand[];
    }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

const KNOWN_MEMBERS = ["Commands", "Comment", "ExternalId"];
const KEYS = {
  PutFile: ["FileName"],
  RunScript: ["ScriptName", "Args"],
  GetFile: ["Path"],
} as const;

/** Member names are case-sensitive, as the error codes page warns. */
export function parseRequestBody(body: Uint8Array): RequestBody {
  const root = parseJson(body);
  if (!isRecord(root)) return invalid("The request body is not a JSON object");
  const misspelt = wrongCase(Object.keys(root), KNOWN_MEMBERS);
  const commands = root["Commands"];
  if (commands === undefined) {
    const message = "The parameter Commands is required";
    return { kind: "refused", code: "MissingRequiredParameter", message };
  }
  if (misspelt !== null) return invalid(`The parameter ${misspelt} is not known`);
  if (!Array.isArray(commands) || commands.length === 0) return invalid("Commands is empty");
  const parsed: SimulatedCommand[] = [];
  for (const value of commands) {
    const command = parseCommand(value);
    if (typeof command === "string") return invalid(command);
    parsed.push(command);
  }
  const comment = root["Comment"] ?? null;
  const externalId = root["ExternalId"] ?? null;
  if (comment !== null && typeof comment !== "string") return invalid("Comment is not a string");
  if (externalId !== null && typeof externalId !== "string") {
    return invalid("ExternalId is not a string");
  }
  return { kind: "request", comment, externalId, commands: parsed };
}

/** Whether the commands come as all PutFile, then all RunScript, then all GetFile. */
export function inOrder(commands: readonly SimulatedCommand[]): boolean {
  const ranks = commands.map(({ type }) => Object.keys(KEYS).indexOf(type));
  return ranks.every((rank, index) => index === 0 || rank >= ranks[index - 1]!);
}

/** JSON, or undefined when it is none. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseCommand(value: unknown): SimulatedCommand | string {
  if (!isRecord(value)) return "A command is not an object";
  const { type, params } = { type: value["type"], params: value["params"] };
  if (type !== "PutFile" && type !== "RunScript" && type !== "GetFile") {
    return "A command has no known type";
  }
  if (!Array.isArray(params)) return `${type} has no params`;
  const allowed: readonly string[] = KEYS[type];
  const given = new Map<string, string>();
  for (const param of params) {
    if (!isRecord(param)) return `A param of ${type} is not an object`;
    const { key, value: text } = { key: param["key"], value: param["value"] };
    if (typeof key !== "string" || typeof text !== "string") return `A param of ${type} is no pair`;
    if (!allowed.includes(key)) return `${type} does not take ${key}`;
    given.set(key, text);
  }
  return commandFrom(type, given);
}

function commandFrom(
  type: keyof typeof KEYS,
  given: ReadonlyMap<string, string>,
): SimulatedCommand | string {
  const main = given.get(KEYS[type][0]);
  if (main === undefined || main === "") return `${type} needs ${KEYS[type][0]}`;
  switch (type) {
    case "PutFile":
      return { type, fileName: main };
    case "RunScript":
      return { type, scriptName: main, args: given.get("Args") ?? null };
    case "GetFile":
      return { type, path: main };
  }
}

function wrongCase(names: readonly string[], known: readonly string[]): string | null {
  const lower = new Set(known.map((name) => name.toLowerCase()));
  const wrong = names.find((name) => !known.includes(name) && lower.has(name.toLowerCase()));
  return wrong ?? null;
}

function invalid(message: string): RequestBody {
  return { kind: "refused", code: "InvalidRequestBody", message };
}
