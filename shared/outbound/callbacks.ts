import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { isIP } from "node:net";
import type { CallbackAnswer, CallbackRequest } from "../callback/answer.ts";
import { isOpenAddress } from "../callback/address.ts";
import { before } from "../http/deadline.ts";
import { answerTo, requestTo } from "../http/one-request.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import type { Callbacks } from "../ports.ts";
import { troubleIn } from "./trouble.ts";

/** An IP address of a name. */
interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutboundOptions {
  /** All addresses of a name, as the system resolves it. */
  readonly lookup: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  /** Only in a local stack: callbacks may go to this machine. */
  readonly allowLoopback: boolean;
  /** Certificates (PEM) of the authorities that a receiver may have; if absent, those of Node. */
  readonly authorities?: readonly string[];
  /** The time. It is for receivers that name a time to wait until, but not their own time. */
  readonly nowMs: () => number;
  /** From the look-up of the name to the end of the answer. */
  readonly timeoutMs: number;
  /** A token of the app's identity for Azure's management API; if it throws, there is none. */
  readonly getToken: () => Promise<{ readonly token: string }>;
}

/**
 * Set here, so that no flag or variable of Node can weaken it: a receiver proves its name, and
 * nobody else can read the message. Older versions are not to be used since 2021 (RFC 8996).
 */
const TLS = { rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;

/** An answer is read to its end, up to this bound, so that the receiver sees that it was heard. */
const ANSWER_BYTES_MAX = 65_536;

/**
 * Sends callbacks over HTTP. The name is looked up each time, and all its addresses are checked.
 * The connection goes to one of these checked addresses, so a name that changes in between changes
 * nothing. No connection is kept, no redirect followed, nothing repeated.
 */
export function createCallbacks(options: OutboundOptions): Callbacks {
  return {
    send: async (request) => {
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        return await exchanged(options, request, signal);
      } catch (error) {
        return { kind: "unavailable", detail: troubleIn(error, signal) };
      }
    },
  };
}

async function exchanged(
  options: OutboundOptions,
  request: CallbackRequest,
  signal: AbortSignal,
): Promise<CallbackAnswer> {
  const url = new URL(request.url);
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const addresses =
    isIP(name) === 0
      ? await before(signal, options.lookup(name))
      : [{ address: name, family: isIP(name) }];
  if (addresses.length === 0) return { kind: "unavailable", detail: "its name has no address" };
  if (!addresses.every(({ address }) => isOpenAddress(address, options.allowLoopback))) {
    const detail = "its name has an address to which lrq sends nothing";
    return { kind: "refusedAddress", detail };
  }
  const identity = request.withIdentity ? await bearer(options, signal) : {};
  const headers = { ...request.headers, ...identity };
  const response = await posted(
    url,
    { ...request, headers },
    {
      ...TLS,
      ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
      signal,
      lookup: pinnedTo(addresses),
    },
  );
  const { statusCode: httpStatus = 0, headers: said } = response;
  const comeBack = { retryAfter: said["retry-after"] ?? null, date: said.date ?? null };
  const askedMs = retryAfterMs(comeBack, options.nowMs());
  await readOut(response);
  return { kind: "answered", httpStatus, retryAfterMs: askedMs };
}

async function bearer(
  { getToken }: OutboundOptions,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { token } = await before(signal, getToken());
  return { authorization: `Bearer ${token}` };
}

async function posted(
  url: URL,
  { method, headers, body }: CallbackRequest,
  connection: RequestOptions,
): Promise<IncomingMessage> {
  const bytes = Buffer.from(body);
  const sized = { ...headers, "content-length": bytes.byteLength };
  const options = { ...connection, method, headers: sized, agent: false };
  return await answerTo(requestTo(url, options), bytes);
}

/** In the place of a look-up by `net`: it gets the addresses that were checked, and no others. */
function pinnedTo(addresses: readonly ResolvedAddress[]): NonNullable<RequestOptions["lookup"]> {
  return (_hostname, { all }, tell) => {
    const [first = { address: "", family: 0 }] = addresses;
    if (all === true) tell(null, [...addresses]);
    else tell(null, first.address, first.family);
  };
}

/** The status is known and counts, whatever happens to the body: it may break off, or never end. */
async function readOut(response: IncomingMessage): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of response) {
      if (chunk instanceof Uint8Array) size += chunk.byteLength;
      if (size > ANSWER_BYTES_MAX) break;
    }
  } catch {
    // The body is not needed.
  }
  response.destroy();
}
