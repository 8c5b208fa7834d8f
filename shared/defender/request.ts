/**
 * One call over HTTP; the signal bounds all of it, the body included. `maxBytes` bounds the
 * answer's body.
 */
export interface HttpCall {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly token: string;
  readonly json: unknown;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

/** What came back: `text` is null when the body broke off or was larger than allowed. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string | null;
}

/** An answer, or nothing at all; then nobody knows whether the call arrived. */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  | { readonly kind: "silence"; readonly detail: string };

/**
 * Makes the call once. Redirects are answers, never followed, for the token must not travel
 * elsewhere.
 */
export async function exchange(fetchOnce: typeof fetch, call: HttpCall): Promise<Exchange> {
  try {
    const response = await fetchOnce(call.url, {
      method: call.method,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${call.token}`,
        ...(call.json === null ? {} : { "content-type": "application/json" }),
      },
      body: call.json === null ? null : JSON.stringify(call.json),
      redirect: "manual",
      signal: call.signal,
    });
    const text = await boundedText(response.body, call.maxBytes);
    return { kind: "answer", answer: { status: response.status, headers: response.headers, text } };
  } catch (error) {
    return { kind: "silence", detail: silenceText(error) };
  }
}

/**
 * Why nothing came back, in a few words. Only names and codes are shown, never a message: those of
 * the platform can hold the address, and an address can hold a signature.
 */
export function silenceText(error: unknown): string {
  if (!(error instanceof Error)) return "the connection broke";
  if (error.name === "TimeoutError") return "no answer in time";
  const code = codeOf(error.cause) ?? codeOf(error);
  return code === null ? "the connection broke" : `the connection broke (${code})`;
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

async function boundedText(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    // Leaving the loop early cancels the body, so that an endless one costs no more than the bound.
    for await (const chunk of body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) return null;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    // The status line is in, and says more than silence would; only the body is lost.
    return null;
  }
}
