import { z } from "zod";
import { silenceText } from "../../../shared/http/silence.ts";
import { type AppAddress, authorizationOf } from "../app-address.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";
import { parsed } from "../parsed-json.ts";
import { refusalOf } from "./refusal.ts";
import { silenceOf } from "./silence.ts";

/** An answer: what a command reads of it, and the whole for `--json`. */
export interface Answered<T> {
  readonly value: T;
  readonly body: unknown;
}

/** What goes with a POST. */
interface Posted {
  /** A JSON text. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the answer may take; a minute if absent. */
  readonly timeoutMs?: number;
}

/**
 * lrq's interface. Every call throws a `Stop` with a sentence if lrq does not answer, refuses, or
 * answers something else than it should.
 */
export interface Lrq {
  get<T>(path: string, form: z.ZodType<T>): Promise<Answered<T>>;
  post<T>(path: string, form: z.ZodType<T>, posted?: Posted): Promise<Answered<T>>;
  /** `body` is a JSON text. */
  put<T>(path: string, form: z.ZodType<T>, body: string): Promise<Answered<T>>;
}

/** Cancelling hundreds takes seconds; who asks for something longer says so. */
const ANSWER_TIMEOUT_MS = 60_000;

/** lrq at its address. No redirect is followed: the key is for that address only. */
export function lrqAt({ url, key }: AppAddress): Lrq {
  const call = async <T>(
    path: string,
    form: z.ZodType<T>,
    init: { readonly method: string; readonly body?: string; readonly headers?: object },
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<Answered<T>> => {
    const authorization = await authorizationOf({ key });
    const answer = await fetch(`${url}/api/${path}`, {
      ...init,
      headers: { authorization, ...init.headers },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw silenceOf(url, error);
    });
    const text = await answer.text().catch((error: unknown) => {
      throw new Stop(EXIT.unreachable, `lrq broke off its answer: ${silenceText(error)}.`, {
        againAfterMs: 0,
      });
    });
    const body = parsed(text, z.unknown());
    if (!answer.ok) {
      const retryAfter = answer.headers.get("retry-after");
      throw refusalOf(url, { status: answer.status, retryAfter, body });
    }
    const read = form.safeParse(body);
    if (read.success) return { value: read.data, body };
    throw new Stop(EXIT.failed, `lrq answered ${path} in a form that this command does not know.`, {
      todo: "Use the lrq command of the same version as the app.",
    });
  };
  return {
    get: async (path, form) => await call(path, form, { method: "GET" }),
    put: async (path, form, body) =>
      await call(path, form, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body,
      }),
    post: async (path, form, { body, headers = {}, timeoutMs } = {}) => {
      const sent = { "content-type": "application/json", ...headers };
      const init = { method: "POST", headers: sent, ...(body === undefined ? {} : { body }) };
      return await call(path, form, init, timeoutMs);
    },
  };
}
