import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { anyCursor, badCursor, badQuery, instant } from "./query.ts";
import { forSweep, steered } from "./for-sweeps.ts";
import { forCallers } from "./transport.ts";

app.http("listSweeps", {
  methods: ["GET"],
  route: "sweeps",
  authLevel: "anonymous",
  handler: forCallers("sweep.read", async (lrq, request, { who }) => {
    return badQuery(request, {}) ?? json(await lrq.listSweeps(who.caller));
  }),
});

app.http("readSweep", {
  methods: ["GET"],
  route: "sweeps/{name}",
  authLevel: "anonymous",
  handler: forSweep("sweep.read", async (lrq, request, { sweep }) => {
    return badQuery(request, {}) ?? json(lrq.describeSweep(sweep));
  }),
});

app.http("applySweep", {
  methods: ["PUT"],
  route: "sweeps/{name}",
  authLevel: "anonymous",
  handler: forCallers("sweep.manage", async (lrq, request, { who, rawBody, log }) => {
    const bad = badQuery(request, {});
    if (bad !== null) return bad;
    const name = request.params["name"] ?? "";
    const replaces = request.headers.get("if-match")?.replaceAll('"', "") ?? null;
    const applied = await lrq.applySweep(log, { name, rawBody, who, replaces });
    switch (applied.kind) {
      case "applied":
        return json(lrq.describeSweep(applied.sweep), applied.isNew ? 201 : 200);
      case "invalid": {
        const detail = "The definition is not right; each error says what to change.";
        return problem("bad-request", detail, { errors: applied.problems });
      }
      case "badBody":
        return problem("bad-request", applied.detail);
      case "forbidden":
        return problem("forbidden", applied.detail);
      case "changed":
        return problem("not-now", applied.detail);
    }
  }),
});

app.http("deleteSweep", {
  methods: ["DELETE"],
  route: "sweeps/{name}",
  authLevel: "anonymous",
  handler: forSweep("sweep.manage", async (lrq, request, { sweep, name, log }) => {
    const bad = badQuery(request, {});
    return bad ?? steered(await lrq.deleteSweep(log, { name: sweep.name, by: name }));
  }),
});

app.http("previewSweep", {
  methods: ["POST"],
  route: "sweeps/{name}/preview",
  authLevel: "anonymous",
  handler: forSweep("sweep.manage", async (lrq, request, { sweep, log }) => {
    const bad = badQuery(request, {});
    if (bad !== null) return bad;
    const previewed = await lrq.previewSweep(log, sweep);
    if (previewed.kind === "unavailable") return problem("unavailable", previewed.detail);
    return json(previewed.preview);
  }),
});

app.http("startRound", {
  methods: ["POST"],
  route: "sweeps/{name}/start",
  authLevel: "anonymous",
  handler: forSweep("sweep.manage", async (lrq, request, { sweep, name, log }) => {
    const bad = badQuery(request, {});
    return bad ?? steered(await lrq.startRound(log, { name: sweep.name, by: name }), 202);
  }),
});

app.http("pauseSweep", {
  methods: ["POST"],
  route: "sweeps/{name}/pause",
  authLevel: "anonymous",
  handler: forSweep("sweep.manage", async (lrq, request, { sweep, name, log }) => {
    const bad = badQuery(request, {});
    return bad ?? steered(await lrq.pauseSweep(log, { name: sweep.name, by: name }));
  }),
});

app.http("resumeSweep", {
  methods: ["POST"],
  route: "sweeps/{name}/resume",
  authLevel: "anonymous",
  handler: forSweep("sweep.manage", async (lrq, request, { sweep, name, log }) => {
    const bad = badQuery(request, {});
    return bad ?? steered(await lrq.resumeSweep(log, { name: sweep.name, by: name }));
  }),
});

app.http("readCoverage", {
  methods: ["GET"],
  route: "sweeps/{name}/coverage",
  authLevel: "anonymous",
  handler: forSweep("sweep.read", async (lrq, request, { sweep }) => {
    const bad = badQuery(request, { notSince: instant, cursor: anyCursor });
    if (bad !== null) return bad;
    const notSince = request.query.get("notSince");
    const notSinceMs = notSince === null ? null : Date.parse(notSince);
    const asked = { notSinceMs, cursor: request.query.get("cursor") };
    const page = await lrq.listCoverage(sweep.name, asked);
    return page === null ? badCursor() : json(page);
  }),
});
