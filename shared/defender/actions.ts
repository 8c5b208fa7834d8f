import type { MachineAction } from "../ledger/sequence/machine-action.ts";
import type { PayPage, Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { listAll } from "./list.ts";
import { actionsPending, actionsSince } from "./odata.ts";
import { readAction, readListedAction } from "./schema.ts";

/**
 * Every live response action created at or after `sinceMs` (epoch milliseconds), newest first, each
 * once. If the list shifts between two pages, it repeats members; the later reading counts.
 */
export async function listActions(
  ask: Ask,
  root: string,
  sinceMs: number,
  payPage: PayPage,
): Promise<Reply<readonly MachineAction[]>> {
  return await listed(ask, `${root}/api/machineactions?${actionsSince(sinceMs)}`, payPage);
}

/** Every live response action that is Pending, of everybody and of any age. */
export async function listPending(
  ask: Ask,
  root: string,
  payPage: PayPage,
): Promise<Reply<readonly MachineAction[]>> {
  return await listed(ask, `${root}/api/machineactions?${actionsPending()}`, payPage);
}

async function listed(
  ask: Ask,
  url: string,
  payPage: PayPage,
): Promise<Reply<readonly MachineAction[]>> {
  const reply = await listAll(ask, url, { read: readListedAction, payPage });
  if (reply.kind !== "answered") return reply;
  const byId = new Map(reply.value.map((action) => [action.id, action]));
  const value = [...byId.values()].sort((a, b) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0));
  return { kind: "answered", value };
}

/**
 * One action; `absent` may only mean that it is seconds old (reads lag behind the POST). An answer
 * about another action counts as none.
 */
export function getAction(ask: Ask, root: string, actionId: string): Promise<Reply<MachineAction>> {
  return ask({ url: actionUrl(root, actionId), json: null, size: "one" }, readOf(actionId));
}

/** Asks Defender to end an action; the next list shows whether it ended. */
export async function cancelAction(
  ask: Ask,
  root: string,
  actionId: string,
  comment: string,
): Promise<Reply<null>> {
  const url = `${actionUrl(root, actionId)}/cancel`;
  const reply = await ask({ url, json: { Comment: comment }, size: "one" }, readOf(actionId));
  return reply.kind === "answered" ? { kind: "answered", value: null } : reply;
}

function readOf(actionId: string): (json: unknown) => MachineAction | null {
  return (json) => {
    const action = readAction(json);
    return action?.id === actionId ? action : null;
  };
}

/** The address of one action. */
export function actionUrl(root: string, actionId: string): string {
  return `${root}/api/machineactions/${encodeURIComponent(actionId)}`;
}
