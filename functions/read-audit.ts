import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("readQueueAudit", {
  methods: ["GET"],
  route: "audit",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, request) => {
    const from = fromOf(request);
    return from === null ? badFrom() : json(await lrq.readQueueAudit(from));
  }),
});

app.http("readRunAudit", {
  methods: ["GET"],
  route: "runs/{runId}/audit",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request) => {
    const from = fromOf(request);
    if (from === null) return badFrom();
    const page = await lrq.readRunAudit(request.params["runId"] ?? "", from);
    return page === null ? problem("not-found", "There is no run with this id.") : json(page);
  }),
});

/** The number of a record, 1 when none is given, null when it is none. */
function fromOf(request: HttpRequest): number | null {
  const text = request.query.get("from") ?? "1";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

function badFrom(): HttpResponseInit {
  return problem("bad-request", "from is the number of a record, 1 or more.");
}
