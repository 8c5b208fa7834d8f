import { parseCallers } from "../../shared/access/caller.ts";
import { targetsOf } from "../../shared/callback/targets.ts";
import type { Incident } from "../../shared/incident/incident.ts";
import type { CallbackTarget } from "../../shared/ledger/outbox/notice.ts";
import type { CallBackSettings } from "../../shared/workflow/notify/send-news.ts";
import { REQUESTER } from "./approval-judge.ts";
import { CALLBACK_HOST, WAITS_MS, type Receiver } from "./receivers.ts";

const SIGNED_BY = `whsec_${Buffer.alloc(32).toString("base64")}`;

/** What callbacks are sent by, with shorter waits than those that are shipped. */
export const CALLBACK_SETTINGS: CallBackSettings = {
  callers: callers(),
  rules: {
    hosts: [CALLBACK_HOST],
    allowLoopback: false,
    sentinelComments: false,
    managementUrl: "https://management.azure.com",
  },
  waitsMs: WAITS_MS,
};

/** The receivers as targets of an incident's request. */
export function targetsFor(incident: Incident, receivers: readonly Receiver[]): CallbackTarget[] {
  const [caller] = CALLBACK_SETTINGS.callers;
  if (caller === undefined) throw new Error("nobody may call");
  return receivers.flatMap(({ url, events }) =>
    targetsOf(caller, incident, { url, events: [...events] }, CALLBACK_SETTINGS.rules),
  );
}

function callers(): CallBackSettings["callers"] {
  const key = `sha256:${"0".repeat(64)}`;
  const setting = { name: REQUESTER, key, may: ["incident.submit"], callbackSecret: [SIGNED_BY] };
  const read = parseCallers(JSON.stringify([setting]));
  if (read.kind !== "parsed") throw new Error(JSON.stringify(read.problems));
  return read.value;
}
