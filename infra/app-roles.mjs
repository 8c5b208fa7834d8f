// @ts-check
// App roles: what an identity may do as itself at an API, such as Defender's.
import { bodiesIn, textOf } from "./graph.mjs";

/**
 * `lines` say what is so now, `missing` what is not there, `undo` are words for `az rest` that take
 * back what was done, and `refused` is why it stopped.
 *
 * @typedef {{ lines: string[], missing: string[], undo: string[], refused: string | null }} Outcome
 * @typedef {{ id: string, roles: Map<string, string> }} Api ids of its roles by their values
 * @typedef {import("./graph.mjs").Ok | import("./graph.mjs").Refused} Answer
 * @typedef {import("./graph.mjs").Graph} Graph
 * @typedef {{ api: Api, principalId: string, value: string }} Grant
 */

/**
 * The API with the client id `appId`; null if the tenant does not have it, or why nobody can say.
 *
 * @param {Graph} graph
 * @param {string} appId
 * @returns {Promise<{ api: Api | null, refused: string | null }>}
 */
export async function findApi(graph, appId) {
  const select = "$select=id,appRoles";
  const found = await graph.all(`/servicePrincipals?$filter=appId eq '${appId}'&${select}`);
  if (found.kind === "refused") return { api: null, refused: refusal(found) };
  const [api] = found.items;
  return { api: api === undefined ? null : apiOf(api), refused: null };
}

/**
 * @param {import("./graph.mjs").Body} api a service principal
 * @returns {Api}
 */
export function apiOf(api) {
  const roles = new Map(
    bodiesIn(api["appRoles"]).map((role) => [textOf(role["value"]), textOf(role["id"])]),
  );
  return { id: textOf(api["id"]), roles };
}

/**
 * Gives the principal each role of `values` that it has not; with `check` it only looks. Roles of
 * `optional` may be there without `values` asking for them.
 *
 * @param {Graph} graph
 * @param {{
 *   api: Api,
 *   principalId: string,
 *   values: readonly string[],
 *   optional?: readonly string[],
 *   check: boolean,
 * }} asked
 * @returns {Promise<Outcome>}
 */
export async function giveRoles(graph, { api, principalId, values, optional = [], check }) {
  /** @type {Outcome} */
  const outcome = { lines: [], missing: [], undo: [], refused: null };
  const before = await rolesHeld(graph, api, principalId);
  if (before.refused !== null) return { ...outcome, refused: before.refused };
  for (const value of before.held.filter((each) => !values.includes(each))) {
    const need = optional.includes(value) ? "" : ", which lrq does not need there";
    outcome.lines.push(`has   ${value}${need}`);
  }
  for (const value of values) {
    const given = before.held.includes(value)
      ? HAS
      : check
        ? LACKS
        : await giveRole(graph, { api, principalId, value });
    if (given.kind === "refused") return { ...outcome, refused: given.why };
    outcome.lines.push(`${given.kind.padEnd(5)} ${value}`);
    if (given.kind === "lacks") outcome.missing.push(value);
    if (given.kind === "gave") outcome.undo.push(given.undo);
  }
  return outcome;
}

const HAS = /** @type {const} */ ({ kind: "has" });
const LACKS = /** @type {const} */ ({ kind: "lacks" });

/**
 * @param {Graph} graph
 * @param {Grant} grant
 * @returns {Promise<typeof HAS | { kind: "gave", undo: string } | { kind: "refused", why: string }>}
 */
async function giveRole(graph, { api, principalId, value }) {
  const appRoleId = api.roles.get(value);
  if (appRoleId === undefined) return { kind: "refused", why: `The API has no role ${value}.` };
  const path = `/servicePrincipals/${api.id}/appRoleAssignedTo`;
  const body = { principalId, resourceId: api.id, appRoleId };
  const answer = await graph.untilShown(async () => await graph.post(path, body), isKnown);
  if (answer.kind === "ok") {
    const undo = `--method DELETE --url ${graph.url}/v1.0${path}/${textOf(answer.body["id"])}`;
    return { kind: "gave", undo };
  }
  // Somebody else was faster, or the answer to an earlier try was lost: Graph says 409 or 400.
  if (answer.status === 409 || answer.status === 400) {
    const { held } = await rolesHeld(graph, api, principalId);
    if (held.includes(value)) return HAS;
  }
  return { kind: "refused", why: refusal(answer) };
}

/**
 * False if Graph does not know what the request is about, because it was just made.
 *
 * @param {Answer} answer
 */
export function isKnown(answer) {
  return answer.kind === "ok" || answer.status !== 404;
}

/**
 * @param {Graph} graph
 * @param {Api} api
 * @param {string} principalId
 * @returns {Promise<{ held: string[], refused: string | null }>}
 */
async function rolesHeld(graph, api, principalId) {
  const found = await graph.all(`/servicePrincipals/${principalId}/appRoleAssignments`);
  if (found.kind === "refused") {
    const unknown =
      `Entra knows no service principal ${principalId}. It has to be the principal id, not the ` +
      "client id. After a deployment it can take some minutes.";
    return { held: [], refused: found.status === 404 ? unknown : refusal(found) };
  }
  const here = found.items.filter((each) => each["resourceId"] === api.id);
  const ids = new Set(here.map((each) => textOf(each["appRoleId"])));
  const values = [...api.roles].filter(([, id]) => ids.has(id)).map(([value]) => value);
  return { held: values, refused: null };
}

/**
 * A refusal in words, with what helps against it.
 *
 * @param {{ status: number, why: string }} refused
 */
export function refusal({ status, why }) {
  const said = `Graph answers ${status}: ${why}`;
  if (status === 401) return `${said}. Sign in again: az login.`;
  if (status !== 403) return said;
  return `${said}. It needs somebody with the role Cloud Application Administrator.`;
}
