// @ts-check
// The app registration that callers ask tokens for: the audience of CALLERS, and its one role.
import { findApi, refusal } from "./app-roles.mjs";
import { textOf } from "./graph.mjs";

/** The role that `roles` of a caller in CALLERS names. */
export const SUBMIT_ROLE = "Incident.Submit";
/** Ids of app roles need to differ within one app only. */
const SUBMIT_ROLE_ID = "5f0c4a8e-2b1d-4c57-9a66-0d3c1b9e7a21";

/**
 * @typedef {import("./app-roles.mjs").Outcome} Outcome
 * @typedef {import("./graph.mjs").Graph} Graph
 */

/**
 * Makes the registration `name` with its service principal, or completes it; with `check` it only
 * looks. `appId` is null if there is none.
 *
 * @param {Graph} graph
 * @param {{ name: string, check: boolean }} asked
 * @returns {Promise<Outcome & { appId: string | null }>}
 */
export async function makeCallersApp(graph, { name, check }) {
  /** @type {Outcome & { appId: string | null }} */
  const outcome = { lines: [], missing: [], undo: [], refused: null, appId: null };
  const found = await graph.all(`/applications?$filter=displayName eq '${name}'`);
  if (found.kind === "refused") return { ...outcome, refused: refusal(found) };
  if (found.items.length > 1) {
    return { ...outcome, refused: `There are ${found.items.length} app registrations ${name}.` };
  }
  let [app] = found.items;
  if (app === undefined) {
    if (check) return { ...outcome, missing: [name], lines: [`lacks app registration ${name}`] };
    const made = await graph.post("/applications", registration(name));
    if (made.kind === "refused") return { ...outcome, refused: refusal(made) };
    app = made.body;
    outcome.undo.push(`DELETE ${graph.url}/v1.0/applications/${textOf(app["id"])}`);
    outcome.lines.push(`made  app registration ${name}`);
  } else outcome.lines.push(`has   app registration ${name}`);
  const appId = textOf(app["appId"]);
  const refused = await complete(graph, app, { check, missing: outcome.missing });
  return { ...outcome, refused, appId };
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
        allowedMemberTypes: ["Application"],
        isEnabled: true,
      },
    ],
    // A token says by it whether an app or a person calls; lrq refuses a token that says nothing.
    optionalClaims: { accessToken: [{ name: "idtyp", essential: false }] },
  };
}

/**
 * What needs the client id, which only Entra gives: the address of the audience, and the service
 * principal. Only apps that have a role get a token. Null, or why it was refused.
 *
 * @param {Graph} graph
 * @param {Record<string, unknown>} app
 * @param {{ check: boolean, missing: string[] }} asked
 */
async function complete(graph, app, { check, missing }) {
  const appId = textOf(app["appId"]);
  const audience = `api://${appId}`;
  const uris = app["identifierUris"];
  if (!Array.isArray(uris) || !uris.includes(audience)) {
    if (check) missing.push(audience);
    else {
      const path = `/applications/${textOf(app["id"])}`;
      const changed = await graph.patch(path, { identifierUris: [audience] });
      if (changed.kind === "refused") return refusal(changed);
    }
  }
  const { api, refused } = await findApi(graph, appId);
  if (api !== null || refused !== null) return refused;
  if (check) missing.push(`the service principal of ${appId}`);
  else {
    const made = await graph.post("/servicePrincipals", { appId, appRoleAssignmentRequired: true });
    // 409: somebody else was faster.
    if (made.kind === "refused" && made.status !== 409) return refusal(made);
  }
  return null;
}
