// @ts-check
// What `node infra/grant.mjs` does, with everything outside as parameters.
import { parseArgs } from "node:util";
import { findApi, giveRoles } from "./app-roles.mjs";
import { makeCallersApp, SUBMIT_ROLE } from "./callers-app.mjs";
import { createGraph } from "./graph.mjs";

const USAGE = `node infra/grant.mjs --identity ID [--callers NAME [--caller ID ...]] [--check]

  --identity ID   principal id of lrq's identity: azd env get-value LRQ_IDENTITY_PRINCIPAL_ID
  --front         the identity only reads machines: the app that faces the internet, of two
  --library       also the right to list the library, and with it to change it
  --hunting       also the right to hunt, for sweeps whose target is a query
  --hunting-graph the same with HUNTING_API=graph: a right in Microsoft Graph
  --callers NAME  makes the app registration NAME, which callers ask tokens for
  --caller ID     principal id of a caller that may submit; as often as there are callers
  --check         changes nothing, and says what is missing
  --cloud CLOUD   commercial (default), gcc, gcc-high or dod

The token is that of the Azure CLI (az login), or GRAPH_TOKEN. It needs somebody with the role
Cloud Application Administrator. Exit code 0: all is there. 1: something is missing or was refused.
2: it could not find out.`;

/** Defender for Endpoint, which Entra calls WindowsDefenderATP: the same id in every tenant. */
const DEFENDER_APP_ID = "fc780465-2017-40d4-a0c5-307022471b92";
/** Microsoft Graph: the same id in every tenant, too. */
const GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000";
const GRAPH_HUNT_ROLE = "ThreatHunting.Read.All";
/** SECURITY.md says what each is for. */
const APP_ROLES = ["Machine.LiveResponse", "Machine.ReadWrite.All"];
/** Defender has no right that only lists; what lrq has for the library only lists. */
const LIBRARY_ROLE = "Library.Manage";
/** Reads the tables of advanced hunting, for the targets of sweeps. */
const HUNT_ROLE = "AdvancedQuery.Read.All";
const FRONT_ROLES = ["Machine.Read.All"];

/** Graph's addresses (page "National cloud deployments"). */
const GRAPHS = new Map([
  ["commercial", "https://graph.microsoft.com"],
  ["gcc", "https://graph.microsoft.com"],
  ["gcc-high", "https://graph.microsoft.us"],
  ["dod", "https://dod-graph.microsoft.us"],
]);

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** A name without a character that means something in a filter. */
const NAME = /^[\w .-]{1,90}$/;

const OPTIONS = /** @type {const} */ ({
  identity: { type: "string" },
  front: { type: "boolean" },
  library: { type: "boolean" },
  hunting: { type: "boolean" },
  "hunting-graph": { type: "boolean" },
  callers: { type: "string" },
  caller: { type: "string", multiple: true },
  check: { type: "boolean" },
  cloud: { type: "string" },
  help: { type: "boolean" },
});

/**
 * Runs the command and returns its exit code. Everything it finds is said line by line.
 *
 * @param {string[]} args
 * @param {Outside} outside
 * @returns {Promise<0 | 1 | 2>}
 */
export async function grantCommand(args, { env, fetch, sleep, say, tokenFor }) {
  const asked = valuesIn(args);
  if (typeof asked === "string") {
    say(asked === "" ? USAGE : `${asked}\n\n${USAGE}`);
    return asked === "" ? 0 : 1;
  }
  try {
    const url = loopback(env["GRAPH_URL"]) ?? GRAPHS.get(asked.cloud) ?? "";
    const token = env["GRAPH_TOKEN"] ?? (await tokenFor(url));
    const graph = createGraph({ url, token, fetch, sleep });
    const outcomes = [await grantDefender(graph, asked)];
    if (asked.huntingGraph) outcomes.push(await grantHunting(graph, asked));
    if (asked.callers !== null) outcomes.push(...(await grantCallers(graph, asked, asked.callers)));
    return report(outcomes, say);
  } catch (error) {
    say(`Could not find out: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

/**
 * @typedef {{
 *   identity: string,
 *   front: boolean,
 *   library: boolean,
 *   hunting: boolean,
 *   huntingGraph: boolean,
 *   callers: string | null,
 *   caller: readonly string[],
 *   check: boolean,
 *   cloud: string,
 * }} Asked
 * @typedef {import("./app-roles.mjs").Outcome} Outcome
 * @typedef {{
 *   env: Readonly<Record<string, string | undefined>>,
 *   fetch: typeof globalThis.fetch,
 *   sleep: (ms: number) => Promise<unknown>,
 *   say: (line: string) => void,
 *   tokenFor: (url: string) => Promise<string>,
 * }} Outside
 */

/**
 * Another address is for tests, and only on this machine: a token of an administrator goes there.
 *
 * @param {string | undefined} url
 */
function loopback(url) {
  if (url === undefined) return null;
  if (new URL(url).hostname === "127.0.0.1") return url;
  throw new Error("GRAPH_URL is not on this machine.");
}

/**
 * What is asked for, or what is wrong with it; "" asks for help.
 *
 * @param {string[]} args
 * @returns {Asked | string}
 */
function valuesIn(args) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    const { identity, front = false, library = false, callers, caller = [] } = values;
    const {
      hunting = false,
      "hunting-graph": huntingGraph = false,
      check = false,
      cloud = "commercial",
    } = values;
    if (values.help === true) return "";
    if (identity === undefined) return "Say --identity.";
    const odd = [identity, ...caller].find((id) => !GUID.test(id));
    if (odd !== undefined) return `${odd} is not an id.`;
    if (callers !== undefined && !NAME.test(callers)) {
      return "The name of the registration may have letters, digits, spaces, dots and hyphens.";
    }
    if (front && (library || hunting || huntingGraph)) {
      return "--front only reads machines: leave --library and --hunting out.";
    }
    if (callers === undefined && caller.length > 0) return "--caller needs --callers.";
    if (!GRAPHS.has(cloud)) return `There is no cloud ${cloud}.`;
    const rights = { identity, front, library, hunting, huntingGraph };
    return { ...rights, callers: callers ?? null, caller, check, cloud };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * @param {import("./graph.mjs").Graph} graph
 * @param {Asked} asked
 * @returns {Promise<Outcome>}
 */
async function grantDefender(graph, { identity: principalId, check, ...rights }) {
  const heading = `identity ${principalId} at WindowsDefenderATP`;
  const { api, refused } = await findApi(graph, DEFENDER_APP_ID);
  if (api === null) {
    const none = "The tenant has no WindowsDefenderATP: set up Defender for Endpoint first.";
    return { lines: [heading], missing: [], undo: [], refused: refused ?? none };
  }
  const wanted = rolesFor(rights);
  const optional = rights.front ? [] : [LIBRARY_ROLE, HUNT_ROLE];
  const outcome = await giveRoles(graph, { api, principalId, values: wanted, optional, check });
  return { ...outcome, lines: [heading, ...outcome.lines] };
}

/**
 * @param {import("./graph.mjs").Graph} graph
 * @param {Asked} asked
 * @returns {Promise<Outcome>}
 */
async function grantHunting(graph, { identity: principalId, check }) {
  const heading = `identity ${principalId} at Microsoft Graph`;
  const { api, refused } = await findApi(graph, GRAPH_APP_ID);
  if (api === null) {
    const none = "The tenant has no Microsoft Graph.";
    return { lines: [heading], missing: [], undo: [], refused: refused ?? none };
  }
  const outcome = await giveRoles(graph, { api, principalId, values: [GRAPH_HUNT_ROLE], check });
  return { ...outcome, lines: [heading, ...outcome.lines] };
}

/** @param {Pick<Asked, "front" | "library" | "hunting">} rights */
function rolesFor({ front, library, hunting }) {
  if (front) return FRONT_ROLES;
  return [...APP_ROLES, ...(library ? [LIBRARY_ROLE] : []), ...(hunting ? [HUNT_ROLE] : [])];
}

/**
 * @param {import("./graph.mjs").Graph} graph
 * @param {Asked} asked
 * @param {string} name
 * @returns {Promise<Outcome[]>}
 */
async function grantCallers(graph, { caller, check }, name) {
  const { appId, api, ...made } = await makeCallersApp(graph, { name, check });
  if (appId === null || made.refused !== null) return [made];
  made.lines.push(`"entra" in CALLERS: "audience": "api://${appId}", "roles": ["${SUBMIT_ROLE}"]`);
  const outcomes = [made];
  for (const principalId of caller) {
    const heading = `caller ${principalId} at ${name}`;
    const given =
      api === null
        ? { lines: [], missing: [SUBMIT_ROLE], undo: [], refused: null }
        : await giveRoles(graph, { api, principalId, values: [SUBMIT_ROLE], check });
    outcomes.push({ ...given, lines: [heading, ...given.lines] });
  }
  return outcomes;
}

/**
 * @param {readonly Outcome[]} outcomes
 * @param {(line: string) => void} say
 */
function report(outcomes, say) {
  for (const { lines, refused } of outcomes) {
    for (const line of lines) say(line);
    if (refused !== null) say(refused);
  }
  const undo = outcomes.flatMap((outcome) => outcome.undo);
  if (undo.length > 0) say("undo:");
  for (const request of undo) say(`  az rest ${request}`);
  const missing = outcomes.flatMap((outcome) => outcome.missing);
  const isRefused = outcomes.some(({ refused }) => refused !== null);
  if (!isRefused && missing.length === 0) say("All is there.");
  else if (missing.length > 0) say(`Missing: ${missing.join(", ")}.`);
  if (undo.some((request) => request.includes("appRoleAssignedTo"))) {
    say("Azure keeps tokens of an identity for up to a day: a new role may show late.");
  }
  return isRefused || missing.length > 0 ? 1 : 0;
}
