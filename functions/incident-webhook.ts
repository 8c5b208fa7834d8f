import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import type { App, Received } from "../shared/app.ts";
import { json, problem, SAFE_HEADERS } from "./answer.ts";
import { logOf, rawRequest, refusal, withApp } from "./transport.ts";

app.http("incidentWebhook", {
  methods: ["POST"],
  route: "incidents/{source}",
  authLevel: "anonymous",
  handler: withApp(async (lrq, request, context) => {
    const validation = graphValidation(request);
    if (validation !== null) return validation;
    const raw = rawRequest(request);
    const source = request.params["source"] ?? "";
    const received = await lrq.receiveIncident(logOf(context), { ...raw, source });
    return answer(received, request, lrq);
  }),
});

/**
 * The longest token that Microsoft Graph was seen to send has a few hundred characters. Our own
 * bound.
 */
const TOKEN_CHARACTERS_MAX = 1_000;

/**
 * Graph checks an address: it sends a token and expects it back as plain text within ten seconds.
 * This stores and starts nothing.
 */
function graphValidation(request: HttpRequest): HttpResponseInit | null {
  const token = request.query.get("validationToken");
  if (request.params["source"]?.toLowerCase() !== "graph" || token === null) return null;
  if (token.length > TOKEN_CHARACTERS_MAX) {
    return problem(
      "bad-request",
      `A validationToken has at most ${TOKEN_CHARACTERS_MAX} characters.`,
    );
  }
  return { status: 200, headers: { ...SAFE_HEADERS, "content-type": "text/plain" }, body: token };
}

function answer(received: Received, request: HttpRequest, { publicUrl }: App): HttpResponseInit {
  switch (received.kind) {
    case "accepted":
      return accepted(received, publicUrl ?? new URL(request.url).origin);
    case "dryRun": {
      const { kind: _, ...planned } = received;
      return json({ dryRun: true, ...planned });
    }
    case "noted":
      return json({ noted: received.detail }, 202);
    case "unauthenticated":
    case "forbidden":
    case "unavailable":
    case "replayed":
    case "too-many-requests":
      return refusal(received);
    case "noSuchSource":
      return problem("not-found", received.detail);
    case "badBody":
      return problem("bad-request", received.detail);
    case "invalid": {
      const detail = "Some fields are not right; each says what to change.";
      return problem("bad-request", detail, { errors: received.problems });
    }
    case "tooLarge":
      return problem("too-large", received.detail);
    case "wrongType":
      return problem("wrong-type", received.detail);
    case "keyReused":
      return problem("key-reused", received.detail);
    case "nothingToDo":
      return problem("nothing-to-do", received.detail, { skipped: received.skipped });
    case "tooManyMachines":
      return problem("too-many-machines", received.detail);
    case "tooManyCallbacks":
      return problem("too-many-callbacks", received.detail);
    case "overCap": {
      const headers = { "retry-after": String(received.retryAfterSeconds) };
      return problem("over-cap", received.detail, {}, headers);
    }
  }
}

function accepted(
  { run, state, sequences, skipped, readAs }: Extract<Received, { kind: "accepted" }>,
  origin: string,
): HttpResponseInit {
  const statusUrl = `${origin}/api/runs/${run.runId}`;
  return json({ runId: run.runId, status: state, statusUrl, sequences, skipped, readAs }, 202, {
    location: statusUrl,
    "retry-after": "15",
  });
}
