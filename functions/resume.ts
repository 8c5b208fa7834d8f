import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

const BUDGET_SET_ASIDE =
  "This version of the app cannot read the budget, so it submits nothing. Update it, then resume.";

const BY_SETTING =
  "The setting PAUSED is on, so lrq submits nothing. Somebody who can change the app's settings can " +
  "switch it off; then send this again.";

app.http("resume", {
  methods: ["POST"],
  route: "resume",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log }) => {
    if (lrq.isPausedBySetting) return problem("paused-by-setting", BY_SETTING);
    if (await lrq.resume(log, name)) return json({ paused: false, by: name });
    return problem("set-aside", BUDGET_SET_ASIDE);
  }),
});
