import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { badQuery, oneOf } from "./query.ts";
import { forSequence } from "./transport.ts";

app.http("cancelSequence", {
  methods: ["POST"],
  route: "sequences/{sequenceId}/cancel",
  authLevel: "anonymous",
  handler: forSequence("run.cancel", async (lrq, request, { sequence, name, log }) => {
    const bad = badQuery(request, { preview: oneOf(["true", "false"]) });
    if (bad !== null) return bad;
    if (request.query.get("preview") === "true") return json(lrq.previewCancelOf(sequence));
    return json(await lrq.cancelSequence(log, sequence, name), 202);
  }),
});

app.http("retrySequence", {
  methods: ["POST"],
  route: "sequences/{sequenceId}/retry",
  authLevel: "anonymous",
  handler: forSequence("again", async (lrq, request, { sequence, who, log }) => {
    const bad = badQuery(request, {});
    if (bad !== null) return bad;
    const retried = await lrq.retrySequence(log, sequence, who);
    switch (retried.kind) {
      case "retried": {
        const { sequenceId, runId, machineId, machineName, state, retry } = retried.sequence;
        const statusUrl = `${lrq.publicUrl ?? new URL(request.url).origin}/api/runs/${runId}`;
        const shown = { runId, sequenceId, retryOf: retry?.of ?? null, machineId, machineName };
        return json({ ...shown, state, statusUrl }, 202, { location: statusUrl });
      }
      case "notRetryable":
        return problem("not-retryable", retried.detail);
      case "forbidden":
      case "unavailable":
        return problem(retried.kind, retried.detail);
      case "outOfScope":
        return problem("nothing-to-do", retried.detail);
      case "tooManyMachines":
        return problem("too-many-machines", retried.detail);
      case "overCap": {
        const headers = { "retry-after": String(retried.retryAfterSeconds) };
        return problem("over-cap", retried.detail, {}, headers);
      }
    }
  }),
});
