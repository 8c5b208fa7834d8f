import type { Download, Reply } from "../ports.ts";
import { actionUrl } from "./actions.ts";
import type { Ask } from "./ask.ts";
import type { DownloadTimeouts } from "./download.ts";
import { openDownload } from "./download.ts";
import type { AllowedLinks } from "./link.ts";
import { checkLink } from "./link.ts";
import { readLink } from "./schema.ts";

/**
 * A link to the result of one command (its index counts from 0), good for about 30 minutes. A link
 * to a host that is not allowed is `refused` with the code `LinkNotAllowed`. Throws if the index is
 * not one.
 */
export async function resultLink(
  ask: Ask,
  { root, links }: { readonly root: string; readonly links: AllowedLinks },
  actionId: string,
  commandIndex: number,
): Promise<Reply<string>> {
  if (!Number.isSafeInteger(commandIndex) || commandIndex < 0) {
    throw new Error(`a command index is a whole number from 0, not ${commandIndex}`);
  }
  const call = `GetLiveResponseResultDownloadLink(index=${commandIndex})`;
  const url = `${actionUrl(root, actionId)}/${call}`;
  const reply = await ask({ url, json: null, size: "one" }, (json, dateMs) => {
    const link = readLink(json);
    return link === null ? null : { link, ...(dateMs === null ? {} : { dateMs }) };
  });
  if (reply.kind !== "answered") return reply;
  const { link, ...time } = reply.value;
  return { ...allowed(link, links), ...time };
}

/** The bytes behind a result link, after the same check. */
export async function download(
  links: AllowedLinks,
  link: string,
  timeouts: DownloadTimeouts,
  nowMs: () => number,
): Promise<Reply<Download>> {
  const reply = allowed(link, links);
  return reply.kind === "answered" ? openDownload(reply.value, timeouts, nowMs) : reply;
}

/** The status of the call that gave the link; that call succeeded. */
function allowed(link: string, links: AllowedLinks): Reply<string> {
  const verdict = checkLink(link, links);
  return verdict.kind === "allowed"
    ? { kind: "answered", value: verdict.url }
    : { kind: "refused", httpStatus: 200, code: "LinkNotAllowed", detail: verdict.detail };
}
