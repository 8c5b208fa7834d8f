import { credential } from "../sign-in/credential.ts";

/** What the app answered, or why there is no answer. */
export type Answer<T> =
  | { readonly kind: "answered"; readonly body: T; readonly etag: string | null }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  | { readonly kind: "unreachable" };

/**
 * Asks for a path below `/api/`. `unchanged` only if `etag`, that of an earlier answer, still holds.
 * The body is taken to be `T`: only the app answers at this origin, and the types are its own.
 */
export async function read<T>(path: string, etag: string | null = null): Promise<Answer<T>> {
  return await answerOf<T>(path, etag === null ? {} : { headers: { "if-none-match": etag } });
}

/** Asks the app to do something; `body` is sent as JSON. */
export async function act<T>(path: string, body?: unknown): Promise<Answer<T>> {
  if (body === undefined) return await answerOf<T>(path, { method: "POST" });
  const headers = { "content-type": "application/json" };
  return await answerOf<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Asks who a key is of, before anything is asked with it. */
export async function tryKey(key: string): Promise<Answer<{ readonly name: string }>> {
  return await answerOf("whoami", { headers: { authorization: `Bearer ${key}` } });
}

/** The bytes of a path, as they are. */
export async function readBytes(path: string): Promise<Answer<Blob>> {
  const response = await request(path, {});
  if (response === null) return { kind: "unreachable" };
  if (!response.ok) return await refusal(response);
  return { kind: "answered", body: await response.blob(), etag: null };
}

/** What an answer begins with: so many of its lines, each as JSON. */
export interface Lines<T> {
  readonly lines: readonly T[];
  /** False if the answer has more of them. */
  readonly isWhole: boolean;
}

/** The first lines of an answer in NDJSON; the rest of it is not read. */
export async function readLines<T>(path: string, most: number): Promise<Answer<Lines<T>>> {
  const response = await request(path, {});
  if (response === null) return { kind: "unreachable" };
  if (!response.ok) return await refusal(response);
  try {
    const { texts, isWhole } = await firstLines(response, most);
    const lines = texts.map((text): T => JSON.parse(text));
    return { kind: "answered", body: { lines, isWhole }, etag: null };
  } catch {
    // It broke off.
    return { kind: "unreachable" };
  }
}

async function firstLines({ body }: Response, most: number) {
  const decoder = new TextDecoder();
  const texts: string[] = [];
  let held = "";
  const reader = body?.getReader();
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
    const parts = `${held}${decoder.decode(piece.value, { stream: true })}`.split("\n");
    held = parts.pop() ?? "";
    texts.push(...parts);
    if (texts.length <= most) continue;
    await reader?.cancel();
    return { texts: texts.slice(0, most), isWhole: false };
  }
  if (held !== "") texts.push(held);
  return { texts, isWhole: true };
}

/** Why there is no answer, in a sentence. */
export function whyNot(answer: Answer<unknown>): string {
  return answer.kind === "refused" ? answer.detail : "The app does not answer.";
}

interface Asked {
  readonly method?: "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function answerOf<T>(path: string, asked: Asked): Promise<Answer<T>> {
  const response = await request(path, asked);
  if (response === null) return { kind: "unreachable" };
  if (response.status === 304) return { kind: "unchanged" };
  if (!response.ok) return await refusal(response);
  const body: T = await response.json();
  return { kind: "answered", body, etag: response.headers.get("etag") };
}

async function request(path: string, asked: Asked): Promise<Response | null> {
  const authorization = await credential.header();
  const headers = { ...(authorization === null ? {} : { authorization }), ...asked.headers };
  try {
    return await fetch(path, { ...asked, headers, cache: "no-store", redirect: "error" });
  } catch {
    return null;
  }
}

async function refusal(response: Response): Promise<Answer<never>> {
  const { status } = response;
  const said: unknown = await response.json().catch(() => null);
  const detail = detailIn(said) ?? `The app answered ${status} and did not say why.`;
  return { kind: "refused", status, detail };
}

function detailIn(said: unknown): string | null {
  if (typeof said !== "object" || said === null || !("detail" in said)) return null;
  return typeof said.detail === "string" ? said.detail : null;
}
