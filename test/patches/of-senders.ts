import type { Patch } from "./patch.ts";

/** Bugs in how the words of senders are read, and in how their machines are looked for. */
export const OF_SENDERS: readonly Patch[] = [
  {
    name: "takes a page of a list for all of it",
    file: "shared/incident/page.ts",
    snippet: "if (path === undefined) return null;",
    replacement: "if (path !== undefined) return null;",
    caughtBy: { test: "test/incident/alert-forms.test.ts" },
  },
  {
    name: "drops machines that nobody can be found by",
    file: "shared/incident/parsed-incident.ts",
    snippet: "(isMention(each) ? [] : [each])",
    replacement: "(isMention(each) ? [] : [])",
    caughtBy: { test: "test/incident/skipped.test.ts" },
  },
  {
    name: "acts on a resolved alert inside an open incident",
    file: "shared/incident/graph.ts",
    snippet: "machines: open.flatMap(devicesOf),",
    replacement: "machines: alerts.flatMap(devicesOf),",
    caughtBy: { test: "test/incident/alert-forms.test.ts" },
  },
  {
    name: "lets a team join the run of another team",
    file: "shared/ledger/run/run.ts",
    snippet: "return run.team === null || run.team === team;",
    replacement: "return run.team === null || team.length > 0;",
    caughtBy: { breaks: ["teams"], seed: 13 },
  },
  {
    name: "says that whoever made a run asked for what joined it",
    file: "shared/workflow/collect/custody-entry.ts",
    snippet: "if (requestedBy === null || requestedBy === run.requestedBy) {",
    replacement: "if (run.requestedBy.length > 0) {",
    caughtBy: { test: "test/workflow/collect/custody-entry.test.ts" },
  },
  {
    name: "puts comments below a path that climbs",
    file: "shared/incident/arm-path.ts",
    snippet: 'part === "." || part === ".."',
    replacement: 'part === "."',
    caughtBy: { test: "test/incident/alert-forms.test.ts" },
  },
  {
    name: "asks Defender for a phone",
    file: "shared/workflow/accept/resolve-machines.ts",
    snippet: "const sought = mentions.filter(({ platform }) => !isNotOurs(platform));",
    replacement: "const sought = mentions;",
    caughtBy: { test: "test/workflow/accept/resolve-machines.test.ts" },
  },
  {
    name: "chooses among machines of one name",
    file: "shared/workflow/accept/choose-by-name.ts",
    snippet: "if (there.length > 1) return",
    replacement: "if (there.length > 999) return",
    caughtBy: { test: "test/workflow/accept/resolve-machines.test.ts" },
  },
  {
    name: "starts on a machine that was merged into another",
    file: "shared/workflow/accept/resolve-machines.ts",
    snippet:
      'if (machine.mergedInto !== null) return { kind: "merged", into: machine.mergedInto };',
    replacement: "",
    caughtBy: { test: "test/workflow/accept/resolve-machines.test.ts" },
  },
  {
    name: "gives the first profile to a machine nobody says the system of",
    file: "shared/plan/plan.ts",
    snippet: "one !== null && profile.platforms.includes(one)",
    replacement: "one === null || profile.platforms.includes(one)",
    caughtBy: { test: "test/plan/plan.test.ts" },
  },
  {
    name: "unpacks without a bound",
    file: "shared/incident/inflate.ts",
    snippet: "gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES })",
    replacement: "gunzipSync(body)",
    caughtBy: { test: "test/incident/inflate.test.ts" },
  },
  {
    name: "takes a token that says nothing for an app's",
    file: "shared/access/entra-token.ts",
    snippet: "return roles.length > 0 ? false : null;",
    replacement: "return false;",
    caughtBy: { test: "test/access/entra.test.ts" },
  },
];
