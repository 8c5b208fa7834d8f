import { app, type HttpRequest } from "@azure/functions";
import { RUN_STATES, SOURCES } from "../shared/app.ts";
import { ambiguous, json } from "./answer.ts";
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
      machine: anyText,
      since: instant,
      needsAttention: oneOf(["true", "false"]),
      limit: countUpTo(LIMIT_MAX),
      cursor: anyCursor,
    });
    if (bad !== null) return bad;
    const machine = request.query.get("machine");
    if (machine === null) {
      const page = await lrq.listRuns(who.caller, askedIn(request));
      return page === null ? badCursor() : json(page);
    }
    const found = await lrq.listRunsOfMachine(who.caller, machine, askedIn(request));
    switch (found.kind) {
      case "runs":
        return json(found.page);
      case "ambiguous":
        return ambiguous(found.machineIds);
      case "badCursor":
        return badCursor();
    }
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
