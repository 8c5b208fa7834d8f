import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { unchanged } from "./conditional.ts";
import { badQuery } from "./query.ts";
import { forCallers } from "./transport.ts";

// The page asks for it every few seconds: what has not changed costs two requests to storage.
app.http("now", {
  methods: ["GET"],
  route: "now",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const bad = badQuery(request, {});
    if (bad !== null) return bad;
    const glance = await lrq.glanceAtNow(who.caller);
    if (glance === null) return json(await lrq.describeNow(who.caller));
    const etag = `"${glance}"`;
    return unchanged(request, etag) ?? json(await lrq.describeNow(who.caller), 200, { etag });
  }),
});
