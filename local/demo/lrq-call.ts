import { z } from "zod";

/** The part of a request that differs from call to call. */
interface CallInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * Calls lrq at a path below `/api/`. Throws with a sentence if lrq does not answer, or refuses.
 */
export type LrqCall = (path: string, init?: CallInit) => Promise<Response>;

/** The part of problem details that people read (RFC 9457). */
const problemSchema = z.object({ detail: z.string() });

/** Longer than any answer of the local app takes, on a slow machine too. */
const CALL_TIMEOUT_MS = 30_000;

/** Calls of the app at `url`, which is the host's address without `/api`. */
export function lrqCallTo(
  { url, key }: { readonly url: string; readonly key: string },
  signal: AbortSignal,
): LrqCall {
  return async (path, init = {}) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    const headers = { ...init.headers, authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/api/${path}`, { ...init, headers, signal: limited });
    if (response.ok) return response;
    const said = problemSchema.safeParse(await response.json().catch(() => null));
    const detail = said.success ? said.data.detail : response.statusText;
    throw new Error(`lrq answered ${response.status} to ${path}: ${detail}`);
  };
}
