import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";

/** A request that is not sent yet, and will be sent once: no redirect, no second try. */
export function requestTo(url: string | URL, options: RequestOptions): ClientRequest {
  const open = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
  return open(url, options);
}

/** Sends it, and gives the answer as far as its headers. Throws when none comes. */
export async function answerTo(
  request: ClientRequest,
  body: Uint8Array | null,
): Promise<IncomingMessage> {
  return await new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
    // What is no HTTP to speak of, such as a change of protocols, ends with neither.
    request.on("close", () => reject(new Error("closed without an answer")));
    request.end(body ?? undefined);
  });
}
