import { app } from "@azure/functions";
import { CALLBACK_STATES } from "../shared/app.ts";
import { json } from "./answer.ts";
import { anyCursor, badCursor, badQuery, oneOf } from "./query.ts";
import { forCallers } from "./transport.ts";

app.http("readQueue", {
  methods: ["GET"],
  route: "queue",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const bad = badQuery(request, { cursor: anyCursor });
    if (bad !== null) return bad;
    const page = await lrq.describeQueue(who.caller, request.query.get("cursor"));
    return page === null ? badCursor() : json(page);
  }),
});

app.http("listCallbacks", {
  methods: ["GET"],
  route: "callbacks",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const { query } = request;
    const bad = badQuery(request, { state: oneOf(CALLBACK_STATES), cursor: anyCursor });
    if (bad !== null) return bad;
    const state = CALLBACK_STATES.find((each) => each === query.get("state")) ?? null;
    const page = await lrq.listCallbacks(who.caller, { state, cursor: query.get("cursor") });
    return page === null ? badCursor() : json(page);
  }),
});
