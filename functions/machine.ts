import { app } from "@azure/functions";
import { ambiguous, json, problem } from "./answer.ts";
import { anyCursor, badCursor, badQuery, instant } from "./query.ts";
import { forCallers } from "./transport.ts";

app.http("readMachine", {
  methods: ["GET"],
  route: "machines/{idOrName}/sequences",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { who }) => {
    const bad = badQuery(request, { since: instant, cursor: anyCursor });
    if (bad !== null) return bad;
    const idOrName = request.params["idOrName"] ?? "";
    const [since, cursor] = [request.query.get("since"), request.query.get("cursor")];
    const sinceMs = since === null ? null : Date.parse(since);
    const found = await lrq.describeMachine(who.caller, { idOrName, sinceMs, cursor });
    switch (found.kind) {
      case "machine":
        return json(found.view);
      case "ambiguous":
        return ambiguous(found.machineIds);
      case "badCursor":
        return badCursor();
      case "unknown":
        return problem("not-found", "Nothing was sent to a machine with this id or name.");
    }
  }),
});
