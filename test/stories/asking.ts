import { createHash } from "node:crypto";
import type { z } from "zod";
import { checkAnswer } from "./check-answer.ts";
import { acceptedSchema, manifestSchema, runSchema, type Run } from "./answers.ts";
import { PATIENCE_MS, until as untilHolds } from "./until.ts";

/** How a request is sent. */
export interface Sending {
  readonly query?: Readonly<Record<string, string>>;
  /** Beside, or in the place of, what is sent anyway. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The caller's key; absent is that of the stage, null sends none. */
  readonly key?: string | null;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** JSON if it is, else text. */
  readonly body: unknown;
}

interface Evidence {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly headers: Headers;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Requests to the app, as a caller makes them. */
export interface Asking {
  call(method: Method, path: string, body?: unknown, sending?: Sending): Promise<Answered>;
  /** A webhook; `body` goes as it is when it is text, else as JSON. */
  post(source: string, body: unknown, sending?: Sending): Promise<Answered>;
  /**
   * A webhook that has to be accepted; throws with the answer if it is not. While lrq answers that
   * it cannot reach storage, it is sent again, as docs/api.md tells senders: lrq repeats no commit
   * whose answer was lost.
   */
  accept(source: string, body: unknown, sending?: Sending): Promise<Accepted>;
  run(runId: string): Promise<Run>;
  /** The run once `holds` is true of it; in vain throws with the run and the log's end. */
  until(runId: string, holds: (run: Run) => boolean): Promise<Run>;
  untilFinished(runId: string): Promise<Run>;
  manifest(runId: string): Promise<z.infer<typeof manifestSchema>>;
  /** The bytes of one result and their hash; throws if they are not served. */
  evidence(runId: string, sequenceId: string, index: number): Promise<Evidence>;
}

type Accepted = z.infer<typeof acceptedSchema>;

const LOG_LINES = 60;

/** `url` is asked each time, for a host that was started again has another. */
export function askingAt(url: () => string, key: string, log: readonly string[]): Asking {
  const fetched = async (method: string, path: string, body: unknown, sending: Sending = {}) =>
    await fetch(`${url()}/api/${path}${queryOf(sending)}`, {
      method,
      headers: headersOf(body, key, sending),
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const call: Asking["call"] = async (method, path, body, sending) => {
    const response = await fetched(method, path, body, sending);
    const { status, headers } = response;
    const answer = { status, headers, body: parsed(await response.text()) };
    checkAnswer(method, path, answer);
    return answer;
  };
  const read = async (path: string) => expectStatus(await call("GET", path), 200, log).body;
  const run = async (runId: string) => runSchema.parse(await read(`runs/${runId}`));
  const until: Asking["until"] = async (runId, holds) =>
    await untilHolds(
      async () => await run(runId),
      holds,
      (last) => `${JSON.stringify(last, null, 1)}\n${endOf(log)}`,
    );
  const post: Asking["post"] = async (source, body, sending) =>
    await call("POST", `incidents/${source}`, body, sending);
  return {
    call,
    post,
    accept: async (...request) => acceptedSchema.parse((await accepted(post, request, log)).body),
    run,
    until,
    untilFinished: async (runId) => await until(runId, ({ state }) => state === "finished"),
    manifest: async (runId) => manifestSchema.parse(await read(`runs/${runId}/manifest`)),
    evidence: async (runId, sequenceId, index) => {
      const path = `runs/${runId}/evidence/${sequenceId}/${index}`;
      const response = await fetched("GET", path, undefined);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
      return { bytes, sha256: sha256(bytes), headers: response.headers };
    },
  };
}

function queryOf({ query = {} }: Sending): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}

function headersOf(body: unknown, ownKey: string, sending: Sending): Record<string, string> {
  const key = sending.key === undefined ? ownKey : sending.key;
  return {
    // One that is kept can be closed by a host just when it is used again.
    connection: "close",
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...sending.headers,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function accepted(
  post: Asking["post"],
  request: Parameters<Asking["post"]>,
  log: readonly string[],
): Promise<Answered> {
  const answered = await untilHolds(
    async () => await post(...request),
    ({ status }) => status !== 503,
    ({ body }) => `${JSON.stringify(body)}\n${endOf(log)}`,
  );
  return expectStatus(answered, 202, log);
}

function expectStatus(answered: Answered, status: number, log: readonly string[]): Answered {
  if (answered.status === status) return answered;
  const body = JSON.stringify(answered.body);
  throw new Error(`answered ${answered.status}, not ${status}: ${body}\n${endOf(log)}`);
}

function endOf(log: readonly string[]): string {
  return log.slice(-LOG_LINES).join("\n");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
