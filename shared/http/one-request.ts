import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/**
 * How much longer a request may take to leave, in milliseconds; at 0 or less it must not leave any
 * more. Asked again whenever it counts.
 */
export type LeaveWithin = () => number;

/** In the place of an answer: the request could not leave within its time, and was given up. */
class TooLate extends Error {
  override readonly name = "TooLateError";
}

/** A request that is not sent yet, and will be sent once: no redirect, no second try. */
export function requestTo(url: string | URL, options: RequestOptions): ClientRequest {
  const open = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
  return open(url, options);
}

/**
 * Sends it, and gives the answer as far as its headers. Nothing is written before the connection
 * stands and is secured: then `leaveWithinMs` has the last word, right before the first byte. What
 * is not with the operating system by then is given up, and its connection ends. Throws when no
 * answer comes; while the request's `headersSent` is false, nothing of it was written.
 */
export async function answerTo(
  request: ClientRequest,
  body: Uint8Array | null,
  leaveWithinMs: LeaveWithin = () => Number.POSITIVE_INFINITY,
): Promise<IncomingMessage> {
  const giveUp = () => request.destroy(new TooLate());
  let stopWatch = watched(leaveWithinMs(), giveUp);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve);
    request.on("error", reject);
    // What is no HTTP to speak of, such as a change of protocols, ends with neither.
    request.on("close", () => reject(new Error("closed without an answer")));
    request.on("socket", (socket) => {
      onceConnected(socket, () => {
        stopWatch();
        const leftMs = leaveWithinMs();
        if (leftMs <= 0) return void giveUp();
        stopWatch = watched(leftMs, giveUp);
        request.end(body ?? undefined, stopWatch);
      });
    });
  });
  return await answer.finally(() => stopWatch());
}

/** A socket from a pool, or one that Node made through a proxy, is connected when it is given. */
function onceConnected(socket: Socket, act: () => void): void {
  if (socket instanceof TLSSocket) {
    if (socket.getFinished() === undefined) socket.once("secureConnect", act);
    else act();
  } else if (socket.connecting) socket.once("connect", act);
  else act();
}

/** Acts after `ms`, unless it is stopped before; never if there is no end to them. */
function watched(ms: number, act: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => undefined;
  const timer = setTimeout(act, Math.max(0, ms));
  return () => clearTimeout(timer);
}
