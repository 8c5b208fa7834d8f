import { relative } from "node:path";
import { paintFor, wantsColour } from "../colours.ts";
import { renderLine, type Line } from "../columns.ts";
import type { Cast, CastMember } from "./cast.ts";
import type { Check } from "./check.ts";
import type { Stage } from "./frame.ts";
import { resultTable } from "./result-table.ts";
import type { RunAnswer } from "../run-answer.ts";
import type { SavedRun } from "./save-evidence.ts";
import { openShow, type Show } from "./show.ts";
import type { DemoSurroundings } from "./surroundings.ts";
import { createSweepReporter, type SweepReporter } from "./sweep-reporter.ts";
import type { Webhook } from "./webhooks.ts";

/** Everything the demo says, in the order it is said. */
export interface Reporter {
  starting(cast: Cast): void;
  started(tookMs: number): void;
  posted(webhook: Webhook, runId: string): void;
  openShow(stage: Stage): Show;
  results(results: Results): void;
  /** Who tells of the sweep that is for these machines. */
  sweep(members: readonly CastMember[]): SweepReporter;
  /** Says what holds and what does not; true if everything does. */
  verdict(checks: readonly Check[]): boolean;
  /** Where the operations page is, and the key to sign in with. */
  leftUp(url: string, key: string): void;
}

interface Results {
  readonly runs: readonly RunAnswer[];
  readonly saved: readonly SavedRun[];
  readonly cast: Cast;
  /** Where the evidence has been put. */
  readonly folder: string;
}

/**
 * A reporter that writes to `out`: for people on a terminal, one plain line after the other
 * elsewhere.
 */
export function createReporter({ out, env, root }: DemoSurroundings): Reporter {
  const isTerminal = out.isTTY && env["TERM"] !== "dumb";
  const coloured = wantsColour(out.isTTY, env);
  const paint = paintFor(coloured);
  const print = (...lines: readonly Line[]): void => {
    const text = lines.map((line) => `${renderLine(line, Number.POSITIVE_INFINITY, paint)}\n`);
    out.write(text.join(""));
  };
  return {
    starting: ({ members }) => {
      print(...opening(members.length));
      out.write("Starting storage, Defender and the Functions host ...");
    },
    started: (tookMs) => {
      out.write(` ${(tookMs / 1_000).toFixed(1)} s\n\n`);
    },
    posted: ({ source, headers }, runId) => {
      const sender = headers["user-agent"] ?? source;
      print(said("faint", `${sender} posts to /api/incidents/${source}: accepted as run ${runId}`));
    },
    openShow: (stage) => {
      out.write("\n");
      return openShow({ out, isTerminal, coloured }, stage);
    },
    results: ({ runs, saved, cast, folder }) => {
      const files = saved.flatMap((each) => each.files);
      const columns = isTerminal
        ? out.columns || Number.POSITIVE_INFINITY
        : Number.POSITIVE_INFINITY;
      const table = resultTable({ runs, files, members: cast.members }, columns);
      print([], ...table, [], ...whereItLies(relative(root, folder), saved), []);
    },
    sweep: (members) => createSweepReporter({ out, isTerminal, coloured }, print, members),
    verdict: (checks) => {
      print(...checks.flatMap(checkLines));
      return checks.every(({ problems }) => problems.length === 0);
    },
    leftUp: (url, key) => {
      out.write(`\npage  ${url}/api/page\nkey   ${key}\n\nCtrl-C stops everything.\n`);
    },
  };
}

function opening(machines: number): Line[] {
  return [
    said("strong", `One Sentinel incident and one Jira ticket name ${machines} machines.`),
    said(
      "plain",
      "One is off the network, one is in somebody's portal session, one has a full disk.",
    ),
    said("faint", "The Defender tenant is simulated; nothing leaves this computer."),
    [],
  ];
}

function whereItLies(folder: string, saved: readonly SavedRun[]): Line[] {
  const checks = saved.map((run) => `           npx lrq verify ${folder}/${run.folder}`);
  return [
    [
      { tone: "strong", text: "Evidence" },
      { tone: "plain", text: `   ${folder}` },
    ],
    [
      { tone: "strong", text: "Check it" },
      { tone: "plain", text: (checks[0] ?? "").slice(8) },
    ],
    ...checks.slice(1).map((text) => said("plain", text)),
  ];
}

function checkLines({ claim, problems, shown = [] }: Check): Line[] {
  if (problems.length === 0) {
    return [
      [
        { tone: "good", text: "ok   " },
        { tone: "plain", text: claim },
      ],
      ...shown.map((line) => said("faint", `     ${line}`)),
    ];
  }
  return [
    [
      { tone: "bad", text: "NOT  " },
      { tone: "plain", text: claim },
    ],
    ...problems.map((problem) => said("bad", `     ${problem}`)),
  ];
}

function said(tone: "plain" | "faint" | "strong" | "bad", text: string): Line {
  return [{ tone, text }];
}
