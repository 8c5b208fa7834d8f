import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { ServerResponse } from "node:http";

/**
 * Answers under way, by invocation. The library writes a streamed body to its own HTTP server as
 * fast as it can be read, even if nobody takes it (@azure/functions 4.16). So a slow reader of a 3
 * GB file would fill the memory. Node reports every answer that its servers begin; with that answer
 * the body can wait for its reader.
 */
const answers = new Map<string, ServerResponse>();

/** Whether the host streams. It does so for all requests of a process or for none. */
let streams = false;

/** The header by which the host names the invocation to the library. */
const INVOCATION_HEADER = "x-ms-invocation-id";

/** Begins to watch. To be called once, before the first request. */
export function watchAnswers(): void {
  subscribe("http.server.request.start", (message) => {
    const { request, response } = startOf(message);
    const invocationId = request?.headers[INVOCATION_HEADER];
    if (response === null || typeof invocationId !== "string") return;
    streams = true;
    answers.set(invocationId, response);
    response.once("close", () => answers.delete(invocationId));
  });
}

/**
 * The content at the speed of its reader. Throws when the reader has gone, so that nothing more is
 * read. Without streaming the answer is not known, and nothing waits.
 */
export async function* paced(
  content: AsyncIterable<Uint8Array>,
  invocationId: string,
): AsyncGenerator<Uint8Array> {
  const answer = answers.get(invocationId);
  // A function is called only after its request is here. So if its answer is not known, the reader
  // has gone.
  const hasGone = () => (answer === undefined ? streams : answer.destroyed);
  for await (const chunk of content) {
    // Checked inside the loop: if the loop never began, the content would not be closed.
    if (hasGone()) throw new Error("the reader of the evidence closed the connection");
    if (answer?.writableNeedDrain === true) await drained(answer);
    yield chunk;
  }
}

async function drained(answer: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(answer, "drain", { signal }), once(answer, "close", { signal })]);
  } finally {
    over.abort();
  }
}

function startOf(message: unknown) {
  const start: Record<string, unknown> = { ...Object(message) };
  const { request, response } = start;
  return {
    request: isRequest(request) ? request : null,
    response: response instanceof ServerResponse ? response : null,
  };
}

function isRequest(value: unknown): value is { headers: Record<string, unknown> } {
  return typeof value === "object" && value !== null && "headers" in value;
}
