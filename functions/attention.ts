import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { badQuery, instant } from "./query.ts";
import { forCallers } from "./transport.ts";

app.http("attention", {
  methods: ["GET"],
  route: "attention",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const bad = badQuery(request, { since: instant });
    if (bad !== null) return bad;
    const since = request.query.get("since");
    const sinceMs = since === null ? null : Date.parse(since);
    return json(await lrq.describeAttention(who.caller, sinceMs));
  }),
});
