import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("doctor", {
  methods: ["GET"],
  route: "doctor",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log }) =>
    json(await lrq.examine(log, { by: name, probe: false })),
  ),
});

// A POST, because Defender counts it as one of the calls of the minute.
app.http("doctorProbe", {
  methods: ["POST"],
  route: "doctor",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log }) =>
    json(await lrq.examine(log, { by: name, probe: true })),
  ),
});
