import type { Defender, Reply } from "../ports.ts";
import { cancelAction, getAction, listActions, listPending } from "./actions.ts";
import { addressTrouble } from "./address.ts";
import { asking, tokenOr, type Ask } from "./ask.ts";
import { hunt, huntWithGraph } from "./hunt.ts";
import { listMachines } from "./list-machines.ts";
import { isLoopback } from "../loopback.ts";
import { findMachines, machinesSeenSince, readMachines } from "./machines.ts";
import { listLibrary } from "./library.ts";
import type { DefenderOptions } from "./options.ts";
import { download, resultLink } from "./results.ts";
import { submit } from "./submit.ts";
import type { Tokens } from "./token.ts";
import { createTokens } from "./token.ts";

/**
 * The Defender API over HTTP: one method for each call; no call is repeated. Throws if the address
 * is neither https nor loopback, because others could read the token on the way.
 */
export function createDefender(options: DefenderOptions): Defender {
  const { timeouts, nowMs } = options;
  const base = checkedBase(options.baseUrl);
  const root = `${base.origin}${base.pathname.replace(/\/$/, "")}`;
  const links = { hosts: options.linkHosts, apiIsLoopback: isLoopback(base.hostname) };
  const tokens = createTokens(options.getToken, nowMs, timeouts.tokenMs);
  const ask = asking(tokens, nowMs, timeouts.readMs);
  return {
    prepare: () => prepared(tokens),
    submit: (machineId, commands, comment, leaveWithinMs) =>
      submit({ root, tokens, ...options }, { machineId, commands, comment }, leaveWithinMs),
    listActions: (sinceMs, payPage) => listActions(ask, root, sinceMs, payPage),
    listPending: (payPage) => listPending(ask, root, payPage),
    getAction: (actionId) => getAction(ask, root, actionId),
    cancelAction: (actionId, comment) => cancelAction(ask, root, actionId, comment),
    resultLink: (actionId, commandIndex) =>
      resultLink(ask, { root, links }, actionId, commandIndex),
    download: (link) => download(links, link, timeouts, nowMs),
    readMachines: (machineIds) => readMachines(ask, root, machineIds),
    findMachines: (labels) => findMachines(ask, root, labels),
    machinesSeenSince: (sinceMs, payPage) => machinesSeenSince(ask, root, sinceMs, payPage),
    listMachines: (after) => listMachines(ask, root, after),
    hunt: huntingBy(options, ask, root),
    listLibrary: () => listLibrary(ask, root),
  };
}

/** Runs queries with Defender's own API, or with Graph, whose tokens are others. */
function huntingBy(options: DefenderOptions, ask: Ask, root: string): Defender["hunt"] {
  const { graph = null, nowMs, timeouts } = options;
  if (graph === null) return (query) => hunt(ask, root, query);
  const { origin } = checkedBase(graph.baseUrl);
  const tokens = createTokens(graph.getToken, nowMs, timeouts.tokenMs);
  const askGraph = asking(tokens, nowMs, timeouts.readMs);
  return (query) => huntWithGraph(askGraph, origin, query);
}

async function prepared(tokens: Tokens): Promise<Reply<null>> {
  const token = await tokenOr(tokens);
  return token.kind === "answered" ? { kind: "answered", value: null } : token;
}

function checkedBase(baseUrl: string): URL {
  const trouble = addressTrouble(baseUrl);
  if (trouble !== null) throw new Error(`the Defender API address: ${trouble}`);
  return new URL(baseUrl);
}
