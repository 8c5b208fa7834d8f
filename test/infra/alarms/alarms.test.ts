import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { alarmsIn, complete, queriesIn } from "../../../infra/queries.mjs";
import { page, section, tableIn } from "../../docs/markdown.ts";
import { compiled } from "../kusto/query.ts";
import { eventsIn, eventsInCode } from "../sentinel/logged-events.ts";
import { ofType, onlyOf, SNAPSHOTS } from "../snapshot.ts";
import { alarmsOf } from "./rules.ts";

const MINUTE_MS = 60_000;
const ROOT = new URL("../../../", import.meta.url);
const INFRA = fileURLToPath(new URL("infra/", ROOT));
const ALARMS = alarmsIn(INFRA);
const RULES = alarmsOf(SNAPSHOTS.full);
const NAMES = ALARMS.map(({ name }) => name);

/** A line is in the workspace by then, as a rule. */
const LATE_MS = 5 * MINUTE_MS;

describe("the alarms", () => {
  it("are each a query, a rule in Bicep, and a page, and a row of the index", () => {
    expect(NAMES.length).toBeGreaterThan(10);
    expect(RULES.map(({ name }) => name).toSorted()).toEqual(NAMES);
    const pages = readdirSync(new URL("docs/runbooks/", ROOT)).filter(
      (name) => name !== "README.md",
    );
    expect(pages.toSorted()).toEqual(NAMES.map((name) => `${name}.md`));
    const rows = tableIn(page("docs/runbooks/README.md"));
    const index = rows.map(([cell, , severity, every]) => [cell, severity, every]);
    expect(index).toEqual(
      RULES.map(({ name, severity, everyMs }) => [
        `[${name}](${name}.md)`,
        String(severity),
        `${everyMs / MINUTE_MS} min`,
      ]),
    );
  });

  it("are there only if somebody gets the mail", () => {
    for (const snapshot of [SNAPSHOTS.default, SNAPSHOTS.government]) {
      expect(alarmsOf(snapshot)).toEqual([]);
      expect(ofType(snapshot, "Microsoft.Insights/actionGroups")).toEqual([]);
    }
    const group = onlyOf(SNAPSHOTS.full, "Microsoft.Insights/actionGroups");
    expect(group).toMatchObject({
      location: "global",
      properties: {
        enabled: true,
        groupShortName: "lrq",
        emailReceivers: [{ emailAddress: "soc@contoso.example", useCommonAlertSchema: true }],
      },
    });
    expect(new Set(RULES.map(({ actionGroup }) => actionGroup))).toEqual(new Set([group.id]));
  });

  it.each(RULES)(
    "$name is raised by any row, from the lines of lrq, and names its page",
    (rule) => {
      const { text = "" } = ALARMS.find(({ name }) => name === rule.name) ?? {};
      expect(rule.query).toBe(complete({ name: rule.name, text }, queriesIn(INFRA)));
      expect(rule.when).toBe("Count GreaterThan 0");
      expect(rule.scope).toContain("outputs.workspaceId.value");
      expect(rule.description).toContain(`docs/runbooks/${rule.name}.md`);
    },
  );

  it.each(RULES)("$name sees each line in time, though lines take minutes to arrive", (rule) => {
    const { text = "" } = ALARMS.find(({ name }) => name === rule.name) ?? {};
    const spans = [...text.matchAll(/ago\((\d+)([mh])\)/g)].map(
      ([, count, unit]) => Number(count) * (unit === "h" ? 60 : 1) * MINUTE_MS,
    );
    expect(Math.max(...spans)).toBeLessThanOrEqual(rule.windowMs);
    expect(Math.max(...spans)).toBeGreaterThanOrEqual(rule.everyMs + LATE_MS);
  });

  it.each(ALARMS.filter(({ text }) => text.includes("LrqEvents()")))(
    "$name asks only for events that the code logs",
    ({ text }) => {
      const known = eventsInCode();
      expect(eventsIn(text)).not.toEqual([]);
      expect(eventsIn(text).filter((event) => !known.has(event))).toEqual([]);
    },
  );

  it("are silent without a line, all but the one that waits for lines", () => {
    const raised = RULES.filter(
      ({ query }) => compiled(query)({ tables: { AppTraces: [] }, nowMs: 0 }).length > 0,
    );
    expect(raised.map(({ name }) => name)).toEqual(["no-poll"]);
  });

  it("cost what the page about costs says", () => {
    const often = RULES.filter(({ everyMs }) => everyMs === 5 * MINUTE_MS).length;
    const table = section(page("docs/cost.md"), "Alarms");
    expect(table).toContain(`| ${often} rules every 5 minutes | ${often} x $1.50 |`);
    expect(table).toContain(`| ${RULES.length - often} x $0.50 |`);
    const together = (often * 1.5 + (RULES.length - often) * 0.5).toFixed(2);
    expect(table).toContain(`| together | | $${together} |`);
    expect(page("infra/README.md")).toContain(`$${together} a month`);
  });

  it("read lines that Application Insights does not drop", () => {
    expect(page("host.json")).toMatch(/"excludedTypes": "[^"]*\bTrace\b/);
  });
});

describe("a page of an alarm", () => {
  it.each(NAMES)(
    "%s says what it means, where to look, what to do, and when it is over",
    (name) => {
      const text = page(`docs/runbooks/${name}.md`);
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(["What it means", "Look first", "Then", "It is over"]);
      expect(text).toContain(`infra/alarms/${name}.kql`);
    },
  );
});

const closedFor = (minutes: readonly number[]) =>
  minutes.map((age) => ({ minutes: age, door: "throttled" }));

describe("door-closed", () => {
  const { query = "" } = RULES.find(({ name }) => name === "door-closed") ?? {};
  const NOW_MS = Date.parse("2026-11-28T12:00:00Z");
  /** Whether it is raised now by lines about the queue, each so many minutes old. */
  const isRaised = (lines: readonly { minutes: number; door: string; waiting?: number }[]) => {
    const traces = lines.map(({ minutes, waiting = 1, ...line }) => {
      const Message = JSON.stringify({ event: "queueState", waiting, paused: false, ...line });
      return { TimeGenerated: new Date(NOW_MS - minutes * MINUTE_MS), Message, SeverityLevel: 1 };
    });
    return compiled(query)({ tables: { AppTraces: traces }, nowMs: NOW_MS }).length > 0;
  };

  it("is raised when each line of a quarter of an hour says so", () => {
    expect(isRaised(closedFor([16, 11, 6, 1]))).toBe(true);
  });

  it.each([
    ["it has not been closed for so long, though there is no line before", closedFor([14, 9, 4])],
    ["it was open in between", [...closedFor([16, 11, 1]), { minutes: 6, door: "open" }]],
    [
      "nothing waits",
      [16, 11, 6, 1].map((minutes) => ({ minutes, door: "throttled", waiting: 0 })),
    ],
    ["nobody knows, because the budget cannot be read", [{ minutes: 16, door: "" }]],
  ])("is not raised when %s", (_, lines) => {
    expect(isRaised(lines)).toBe(false);
  });
});

describe("approvals-expire", () => {
  const { query = "" } = RULES.find(({ name }) => name === "approvals-expire") ?? {};
  const NOW_MS = Date.parse("2026-11-28T12:00:00Z");
  const isRaised = (line: object) => {
    const Message = JSON.stringify({ event: "queueState", ...line });
    const AppTraces = [{ TimeGenerated: new Date(NOW_MS - MINUTE_MS), Message, SeverityLevel: 1 }];
    return compiled(query)({ tables: { AppTraces }, nowMs: NOW_MS }).length > 0;
  };

  it("is raised when less than half an hour is left, and when nobody knows", () => {
    expect(isRaised({ approvalSeconds: 1_799, approvalsKnown: true })).toBe(true);
    expect(isRaised({ approvalSeconds: null, approvalsKnown: false })).toBe(true);
    expect(isRaised({ approvalSeconds: 1_800, approvalsKnown: true })).toBe(false);
    expect(isRaised({ approvalSeconds: null, approvalsKnown: true })).toBe(false);
    // A release before this one says nothing of it.
    expect(isRaised({ approvalSeconds: null })).toBe(false);
  });
});
