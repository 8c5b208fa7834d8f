import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { badQuery } from "./query.ts";
import { forCallers } from "./transport.ts";

app.http("whoami", {
  methods: ["GET"],
  route: "whoami",
  authLevel: "anonymous",
  handler: forCallers(
    null,
    async (lrq, request, { who }) => badQuery(request, {}) ?? json(lrq.describeCaller(who.caller)),
  ),
});

app.http("profiles", {
  methods: ["GET"],
  route: "profiles",
  authLevel: "anonymous",
  handler: forCallers(
    null,
    async (lrq, request, { who }) =>
      badQuery(request, {}) ?? json(lrq.describeProfiles(who.caller)),
  ),
});
