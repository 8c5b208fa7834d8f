import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/**
 * How many milliseconds a request still has to leave; at 0 or less it must not leave any more. It
 * is asked again each time before it matters.
 */
export type LeaveWithin = () => number;

/**
 * Thrown in the place of an answer: the request could not leave within its time, and was given up.
 */
class TooLate extends Error {
  override readonly name = "TooLateError";
}

/** A request before it is sent. It is sent once: no redirect, no second try. */
export function requestTo(url: string | URL, options: RequestOptions): ClientRequest {
  const open = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
  return open(url, options);
}

/**
 * Sends the request, and returns the answer with its headers; the body is still to be read. Nothing
 * is written before the connection is open and secure. Then `leaveWithinMs` decides, right before
 * the first byte. If not all bytes are with the operating system by the end of that time, the
 * request is given up and its connection ends. Throws if no answer comes. While the request's
 * `headersSent` is false, nothing of it was written.
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
    // If the answer is no usual HTTP answer, such as a change of protocols, there is neither an
    // answer nor an error.
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

/** A socket from a pool, or one that Node made through a proxy, is already connected. */
function onceConnected(socket: Socket, act: () => void): void {
  if (socket instanceof TLSSocket) {
    if (socket.getFinished() === undefined) socket.once("secureConnect", act);
    else act();
  } else if (socket.connecting) socket.once("connect", act);
  else act();
}

/** Acts after `ms`, unless it is stopped before; never if `ms` is infinite. */
function watched(ms: number, act: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => undefined;
  const timer = setTimeout(act, Math.max(0, ms));
  return () => clearTimeout(timer);
}
