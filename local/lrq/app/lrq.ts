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

/** Cancelling hundreds takes seconds; no answer takes longer. */
const ANSWER_TIMEOUT_MS = 60_000;

/** lrq at its address. No redirect is followed: the key is for that address only. */
export function lrqAt({ url, key }: AppAddress): Lrq {
  const call = async <T>(
    path: string,
    form: z.ZodType<T>,
    init: { readonly method: string; readonly body?: string; readonly headers?: object },
  ): Promise<Answered<T>> => {
    const authorization = await authorizationOf({ key });
    const answer = await fetch(`${url}/api/${path}`, {
      ...init,
      headers: { authorization, ...init.headers },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
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
    post: async (path, form, { body, headers = {} } = {}) =>
      await call(path, form, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body }),
      }),
  };
}
