// @ts-check
// The app registration that callers ask tokens for: the audience of CALLERS, and its one role.
import { apiOf, findApi, isKnown, refusal } from "./app-roles.mjs";
import { bodiesIn, bodyOf, textOf } from "./graph.mjs";

/** The role that `roles` of a caller in CALLERS names. */
export const SUBMIT_ROLE = "Incident.Submit";
/** Ids of app roles need to differ within one app only. */
const SUBMIT_ROLE_ID = "5f0c4a8e-2b1d-4c57-9a66-0d3c1b9e7a21";

/** Who may have the role: apps, and no people. */
const FOR_APPS = "Application";

/**
 * @typedef {import("./app-roles.mjs").Outcome} Outcome
 * @typedef {Outcome & { appId: string | null, api: import("./app-roles.mjs").Api | null }} Made
 * @typedef {import("./graph.mjs").Body} Body
 * @typedef {import("./graph.mjs").Graph} Graph
 */

/**
 * Makes the registration `name` with its service principal, or completes one that it has left half
 * made; with `check` it only looks. It refuses a registration that it would have made otherwise:
 * that may be another product's. `appId` is null if there is none, `api` if there is no service
 * principal.
 *
 * @param {Graph} graph
 * @param {{ name: string, check: boolean }} asked
 * @returns {Promise<Made>}
 */
export async function makeCallersApp(graph, { name, check }) {
  /** @type {Made} */
  const outcome = { lines: [], missing: [], undo: [], refused: null, appId: null, api: null };
  const found = await appsNamed(graph, name);
  if (found.kind === "refused") return { ...outcome, refused: refusal(found) };
  if (found.items.length > 1) {
    return { ...outcome, refused: `There are ${found.items.length} app registrations ${name}.` };
  }
  let [app] = found.items;
  const isNew = app === undefined;
  if (app === undefined) {
    if (check) return { ...outcome, missing: [name], lines: [`lacks app registration ${name}`] };
    const made = await graph.post("/applications", registration(name));
    if (made.kind === "refused") return { ...outcome, refused: refusal(made) };
    app = made.body;
    const url = `${graph.url}/v1.0/applications/${textOf(app["id"])}`;
    outcome.undo.push(`--method DELETE --url ${url}`);
    outcome.lines.push(`made  app registration ${name}`);
  } else outcome.lines.push(`has   app registration ${name}`);
  outcome.appId = textOf(app["appId"]);
  const lacks = isNew ? [] : lacksOf(app);
  if (lacks.length > 0 && !check) {
    const why = `The app registration ${name} lacks ${lacks.join(", ")}`;
    const what = "It may be another product's, so lrq changes nothing of it";
    const fix = "Complete it in Entra, or give --callers another name.";
    return { ...outcome, refused: `${why}. ${what}. ${fix}` };
  }
  outcome.lines.push(...lacks.map((each) => `lacks ${each}`));
  outcome.missing.push(...lacks);
  const completed = await complete(graph, app, { check, isNew, outcome });
  return isNew ? await onceListed(graph, name, completed) : completed;
}

/**
 * @param {Graph} graph
 * @param {string} name
 */
async function appsNamed(graph, name) {
  return await graph.all(`/applications?$filter=displayName eq '${name}'`);
}

/**
 * Waits until Entra lists the new registration: who runs this again before makes a second one.
 *
 * @param {Graph} graph
 * @param {string} name
 * @param {Made} made
 * @returns {Promise<Made>}
 */
async function onceListed(graph, name, made) {
  const found = await graph.untilShown(
    async () => await appsNamed(graph, name),
    (listed) => !isEmpty(listed),
  );
  if (!isEmpty(found)) return made;
  const late = `Entra does not list ${name} yet: wait some minutes before you run this again.`;
  return { ...made, lines: [...made.lines, late] };
}

/** @param {import("./graph.mjs").Listed} listed */
function isEmpty(listed) {
  return listed.kind === "ok" && listed.items.length === 0;
}

/**
 * What it lacks of a registration that lrq makes, and that no other product need have.
 *
 * @param {Body} app
 */
function lacksOf(app) {
  const isRole = bodiesIn(app["appRoles"]).some(
    ({ value, isEnabled, allowedMemberTypes: types }) =>
      value === SUBMIT_ROLE &&
      isEnabled === true &&
      Array.isArray(types) &&
      types.includes(FOR_APPS),
  );
  const claims = bodiesIn(bodyOf(app["optionalClaims"])["accessToken"]);
  return [
    ...(isRole ? [] : [`the role ${SUBMIT_ROLE} for apps`]),
    ...(bodyOf(app["api"])["requestedAccessTokenVersion"] === 2 ? [] : ["tokens of version 2"]),
    ...(claims.some(({ name }) => name === "idtyp") ? [] : ["the claim idtyp in its tokens"]),
  ];
}

/** @param {string} displayName */
function registration(displayName) {
  return {
    displayName,
    signInAudience: "AzureADMyOrg",
    api: { requestedAccessTokenVersion: 2 },
    appRoles: [
      {
        id: SUBMIT_ROLE_ID,
        value: SUBMIT_ROLE,
        displayName: "Submit incidents",
        description: "Send incidents to lrq, which collects evidence from their machines.",
        allowedMemberTypes: [FOR_APPS],
        isEnabled: true,
      },
    ],
    // A token says by it whether an app or a person calls; lrq refuses a token that says nothing.
    optionalClaims: { accessToken: [{ name: "idtyp", essential: false }] },
  };
}

/**
 * What needs the client id, which only Entra gives: the address of the audience, and the service
 * principal. Only apps that have a role get a token.
 *
 * @param {Graph} graph
 * @param {Body} app
 * @param {{ check: boolean, isNew: boolean, outcome: Made }} asked
 * @returns {Promise<Made>}
 */
async function complete(graph, app, { check, isNew, outcome }) {
  const appId = textOf(app["appId"]);
  const address = await addAddress(graph, app, { check, isNew, outcome });
  if (address !== null) return { ...outcome, refused: address };
  if (!isNew) {
    const { api, refused } = await findApi(graph, appId);
    if (api !== null || refused !== null) return { ...outcome, api, refused };
  }
  if (check) {
    const missing = `the service principal of ${appId}`;
    outcome.lines.push(`lacks ${missing}`);
    outcome.missing.push(missing);
    return outcome;
  }
  return await makePrincipal(graph, appId, { isNew, outcome });
}

/**
 * Adds the address to those that it has. Null, or why it was refused.
 *
 * @param {Graph} graph
 * @param {Body} app
 * @param {{ check: boolean, isNew: boolean, outcome: Made }} asked
 */
async function addAddress(graph, app, { check, isNew, outcome }) {
  const address = `api://${textOf(app["appId"])}`;
  const before = Array.isArray(app["identifierUris"]) ? app["identifierUris"] : [];
  if (before.includes(address)) return null;
  if (check) {
    outcome.lines.push(`lacks ${address}`);
    outcome.missing.push(address);
    return null;
  }
  const path = `/applications/${textOf(app["id"])}`;
  const body = { identifierUris: [...before, address] };
  const changed = await graph.untilShown(async () => await graph.patch(path, body), isKnown);
  if (changed.kind === "refused") return refusal(changed);
  outcome.lines.push(`made  ${address}`);
  if (!isNew) {
    const json = JSON.stringify({ identifierUris: before }).replaceAll("'", "%27");
    outcome.undo.push(`--method PATCH --url ${graph.url}/v1.0${path} --body '${json}'`);
  }
  return null;
}

/**
 * @param {Graph} graph
 * @param {string} appId
 * @param {{ isNew: boolean, outcome: Made }} asked
 * @returns {Promise<Made>}
 */
async function makePrincipal(graph, appId, { isNew, outcome }) {
  const body = { appId, appRoleAssignmentRequired: true };
  const made = await graph.untilShown(
    async () => await graph.post("/servicePrincipals", body),
    // Of an app that it does not see yet, Graph says 400.
    (answer) => isKnown(answer) && !(isNew && answer.kind === "refused" && answer.status === 400),
  );
  if (made.kind === "ok") {
    outcome.lines.push(`made  service principal of ${appId}`);
    // That of a new registration goes with it.
    const url = `${graph.url}/v1.0/servicePrincipals/${textOf(made.body["id"])}`;
    if (!isNew) outcome.undo.push(`--method DELETE --url ${url}`);
    return { ...outcome, api: apiOf(made.body) };
  }
  if (made.status !== 409) return { ...outcome, refused: refusal(made) };
  // It is there, because somebody else was faster or this ran before, and may be listed late.
  const { api, refused } = await graph.untilShown(
    async () => await findApi(graph, appId),
    (found) => found.api !== null || found.refused !== null,
  );
  const late = `Entra does not list the service principal of ${appId} yet. Try again in minutes.`;
  return { ...outcome, api, refused: api === null ? (refused ?? late) : null };
}
