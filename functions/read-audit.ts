import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forEveryTeam, forWholeRun, noSuchRun } from "./transport.ts";

app.http("readQueueAudit", {
  methods: ["GET"],
  route: "audit",
  authLevel: "anonymous",
  handler: forEveryTeam("operate", async (lrq, request, { log }) => {
    const from = fromOf(request);
    return from === null ? badFrom() : json(await lrq.readQueueAudit(log, from));
  }),
});

app.http("readRunAudit", {
  methods: ["GET"],
  route: "runs/{runId}/audit",
  authLevel: "anonymous",
  handler: forWholeRun("run.read", async (lrq, request, { runId, log }) => {
    const from = fromOf(request);
    if (from === null) return badFrom();
    const page = await lrq.readRunAudit(log, runId, from);
    return page === null ? noSuchRun() : json(page);
  }),
});

app.http("readDecisions", {
  methods: ["GET"],
  route: "runs/{runId}/decisions",
  authLevel: "anonymous",
  handler: forWholeRun("run.read", async (lrq, request, { runId }) => {
    const from = fromOf(request);
    if (from === null) return badFrom();
    const page = await lrq.readDecisions(runId, from);
    return page === null ? noSuchRun() : json(page);
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
