import { app, type HttpRequest, type HttpResponseInit } from "@azure/functions";
import { ambiguous, json, problem } from "./answer.ts";
import { forSweep } from "./for-sweeps.ts";
import { anyText, badQuery, countUpTo, instant, oneOf } from "./query.ts";
import { forEveryTeam, forWholeRun, noSuchRun } from "./transport.ts";

const RECORDS_MAX = 9_999_999_999;
const AUDIT_QUERY = {
  from: countUpTo(RECORDS_MAX),
  newest: oneOf(["true", "false"]),
  since: instant,
};

app.http("readQueueAudit", {
  methods: ["GET"],
  route: "audit",
  authLevel: "anonymous",
  handler: forEveryTeam("operate", async (lrq, request, { log }) => {
    const bad = badQuery(request, { ...AUDIT_QUERY, machine: anyText });
    if (bad !== null) return bad;
    const machine = request.query.get("machine");
    if (machine === null) return json(await lrq.readQueueAudit(log, askedIn(request)));
    const found = await lrq.readMachineAudit(log, machine, newestIn(request));
    return found.kind === "ambiguous" ? ambiguous(found.machineIds) : json(found.page);
  }),
});

app.http("readRunAudit", {
  methods: ["GET"],
  route: "runs/{runId}/audit",
  authLevel: "anonymous",
  handler: forWholeRun("run.read", async (lrq, request, { runId, log }) => {
    const bad = badQuery(request, AUDIT_QUERY);
    if (bad !== null) return bad;
    const page = await lrq.readRunAudit(log, runId, askedIn(request));
    return page === null ? noSuchRun() : json(page);
  }),
});

app.http("readSweepAudit", {
  methods: ["GET"],
  route: "sweeps/{name}/audit",
  authLevel: "anonymous",
  handler: forSweep(
    "sweep.read",
    async (lrq, request, { sweep, log }) => {
      const bad = badQuery(request, AUDIT_QUERY);
      return bad ?? json(await lrq.readSweepAudit(log, sweep, askedIn(request)));
    },
    { deleted: true },
  ),
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

/** What a log can be asked for. */
function askedIn(request: HttpRequest) {
  const { query } = request;
  const isNewest = query.get("newest") === "true" || query.has("since");
  return isNewest ? newestIn(request) : Number(query.get("from") ?? 1);
}

function newestIn({ query }: HttpRequest) {
  const [from, since] = [query.get("from"), query.get("since")];
  return {
    newestFrom: from === null ? null : Number(from),
    sinceMs: since === null ? null : Date.parse(since),
  };
}

/** The number of a record, 1 when none is given, null when it is none. */
function fromOf(request: HttpRequest): number | null {
  const text = request.query.get("from") ?? "1";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

function badFrom(): HttpResponseInit {
  return problem("bad-request", "from is the number of a record, 1 or more.");
}
