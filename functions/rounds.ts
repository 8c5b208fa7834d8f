import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { anyCursor, badCursor, badQuery, oneOf } from "./query.ts";
import { forRound, forSweep, steered } from "./for-sweeps.ts";

app.http("listRounds", {
  methods: ["GET"],
  route: "sweeps/{name}/rounds",
  authLevel: "anonymous",
  handler: forSweep("sweep.read", async (lrq, request, { sweep }) => {
    const bad = badQuery(request, { cursor: anyCursor });
    if (bad !== null) return bad;
    const page = await lrq.listRounds(sweep, request.query.get("cursor"));
    return page === null ? badCursor() : json(page);
  }),
});

app.http("readRound", {
  methods: ["GET"],
  route: "sweeps/{name}/rounds/{number}",
  authLevel: "anonymous",
  handler: forRound("sweep.read", async (lrq, request, { round }) => {
    return badQuery(request, {}) ?? json(lrq.describeRound(round));
  }),
});

app.http("stopRound", {
  methods: ["POST"],
  route: "sweeps/{name}/rounds/{number}/stop",
  authLevel: "anonymous",
  handler: forRound("sweep.manage", async (lrq, request, { round, name: by, log }) => {
    const bad = badQuery(request, { running: oneOf(["true", "false"]) });
    if (bad !== null) return bad;
    const running = request.query.get("running") === "true";
    const { name, number } = round;
    return steered(await lrq.stopRound(log, { name, number, by }, running));
  }),
});

app.http("pauseRound", {
  methods: ["POST"],
  route: "sweeps/{name}/rounds/{number}/pause",
  authLevel: "anonymous",
  handler: forRound("sweep.manage", async (lrq, request, { round, name: by, log }) => {
    const { name, number } = round;
    return badQuery(request, {}) ?? steered(await lrq.pauseRound(log, { name, number, by }));
  }),
});

app.http("resumeRound", {
  methods: ["POST"],
  route: "sweeps/{name}/rounds/{number}/resume",
  authLevel: "anonymous",
  handler: forRound("sweep.manage", async (lrq, request, { round, name: by, log }) => {
    const { name, number } = round;
    return badQuery(request, {}) ?? steered(await lrq.resumeRound(log, { name, number, by }));
  }),
});

app.http("rerunRound", {
  methods: ["POST"],
  route: "sweeps/{name}/rounds/{number}/rerun",
  authLevel: "anonymous",
  handler: forRound("sweep.manage", async (lrq, request, { round, name: by, log }) => {
    const bad = badQuery(request, {});
    if (bad !== null) return bad;
    const { name, number } = round;
    const came = await lrq.rerunRound(log, { name, number, by });
    if (came.kind !== "again") return steered(came);
    return json({ round: number, machines: came.machines }, 202);
  }),
});
