import { app, type HttpRequest } from "@azure/functions";
import { RUN_STATES, SOURCES } from "../shared/app.ts";
import { json } from "./answer.ts";
import { anyCursor, anyText, badCursor, badQuery, countUpTo, instant, oneOf } from "./query.ts";
import { forCallers } from "./transport.ts";

const LIMIT = 50;
const LIMIT_MAX = 100;

app.http("listRuns", {
  methods: ["GET"],
  route: "runs",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const bad = badQuery(request, {
      state: oneOf(RUN_STATES),
      source: oneOf(SOURCES),
      incident: anyText,
      since: instant,
      needsAttention: oneOf(["true", "false"]),
      limit: countUpTo(LIMIT_MAX),
      cursor: anyCursor,
    });
    if (bad !== null) return bad;
    const page = await lrq.listRuns(who.caller, askedIn(request));
    return page === null ? badCursor() : json(page);
  }),
});

function askedIn({ query }: HttpRequest) {
  const since = query.get("since");
  return {
    state: RUN_STATES.find((each) => each === query.get("state")) ?? null,
    source: SOURCES.find((each) => each === query.get("source")) ?? null,
    incidentId: query.get("incident"),
    sinceMs: since === null ? null : Date.parse(since),
    needsAttention: query.get("needsAttention") === "true",
    limit: Number(query.get("limit") ?? LIMIT),
    cursor: query.get("cursor"),
  };
}
