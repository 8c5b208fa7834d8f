import { z } from "zod";
import {
  acceptedSchema,
  runAnswerSchema,
  statusAnswerSchema,
  type RunAnswer,
  type StatusAnswer,
} from "../run-answer.ts";
import type { Webhook } from "./webhooks.ts";

/**
 * lrq's HTTP interface as the demo uses it. Every call throws with a sentence when lrq does not
 * answer, refuses, or answers something else than it should.
 */
export interface LrqClient {
  /** The id of the run the webhook became. */
  post(webhook: Webhook): Promise<string>;
  run(runId: string): Promise<RunAnswer>;
  status(): Promise<StatusAnswer>;
}

/** The part of problem details that people read (RFC 9457). */
const problemSchema = z.object({ detail: z.string() });

/** Longer than any answer of the local app takes, on a slow machine too. */
const CALL_TIMEOUT_MS = 30_000;

/** A client of the app at `url`, which is the host's address without `/api`. */
export function createLrqClient(
  { url, key }: { readonly url: string; readonly key: string },
  signal: AbortSignal,
): LrqClient {
  const call = async (
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Response> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const headers = { ...init.headers, authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/api/${path}`, { ...init, headers, signal: limited });
    if (response.ok) return response;
    const said = problemSchema.safeParse(await response.json().catch(() => null));
    const detail = said.success ? said.data.detail : response.statusText;
    throw new Error(`lrq answered ${response.status} to ${path}: ${detail}`);
  };
  const read = async <Schema extends z.ZodType>(schema: Schema, path: string) =>
    schema.parse(await (await call(path)).json());
  return {
    post: async ({ source, headers, body }) => {
      const response = await call(`incidents/${source}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return acceptedSchema.parse(await response.json()).runId;
    },
    run: async (runId) => await read(runAnswerSchema, `runs/${runId}`),
    status: async () => await read(statusAnswerSchema, "status"),
  };
}
