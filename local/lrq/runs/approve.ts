import { z } from "zod";
import type { Line } from "../../columns.ts";
import {
  type Approval,
  isOpen,
  machineOf,
  type Run,
  runSchema,
  type Sequence,
} from "../app/run.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { hashIn } from "../command/hash-option.ts";
import { Stop } from "../command/stop.ts";
import { factLines } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const approvedSchema = z.object({ planHash: z.string(), given: z.number(), needed: z.number() });

/** `lrq approve RUN`: shows the plan that waits, asks, and approves exactly that. */
export const approve: Verb = {
  usage: "approve <run>",
  summary: "show the plan of a run that waits for an approval, and approve it",
  examples: [
    ["lrq approve generic:CASE-1", "shows the plan, and asks"],
    ["lrq approve generic:CASE-1 --plan HASH --yes", "only this plan, without a question"],
  ],
  options: [["--plan <hash>", "approve this plan and no other"], YES],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const runId = runIdNamed(asked.words[0] ?? "");
    const lrq = lrqFor(asked, around);
    const { value: run } = await lrq.get(`runs/${runId}`, runSchema);
    const { approval } = run;
    if (approval === null) {
      throw new Stop(EXIT.refused, `Nothing in run ${runId} waits for an approval.`);
    }
    if (!asked.flag("json")) around.show(planLines(run, approval, around));
    const wanted = hashIn(asked, "plan");
    if (wanted !== null && wanted !== approval.planHash) {
      throw new Stop(EXIT.refused, "The plan is another one than --plan. Nothing was approved.");
    }
    await agreed(asked, around, `Approve this plan of ${approval.sequences} sequences?`);
    const body = JSON.stringify({ planHash: approval.planHash });
    const answer = await lrq.post(`runs/${runId}/approve`, approvedSchema, { body });
    if (asked.flag("json")) around.sayJson(answer.body);
    else around.say(`approved: ${answer.value.given} of ${answer.value.needed} approvals given`);
    return EXIT.done;
  },
};

/** Machines below what would be run on them, and the hash over all of it. */
function planLines(
  run: Run,
  approval: Approval,
  { columns, nowMs }: Pick<Around, "columns" | "nowMs">,
): Line[] {
  const facts: (readonly [string, string])[] = [
    ["run", `${run.runId}, ${run.source}:${run.incidentId}: ${run.title}`],
    ["plan", approval.planHash],
    ["sequences", `${approval.sequences}`],
    ["approvals", `${approval.given.length} of ${approval.needed} given`],
    ["until", `${approval.expiresAt}, ${distanceWords(approval.expiresAt, nowMs())}`],
    ...groupsOf(waitingIn(run)).flatMap((group) => groupFacts(group, approval)),
  ];
  return facts.flatMap(([name, text]) => factLines(name, text, { columns }));
}

/** Those that wait for the approval; all that are open, if something else holds them first. */
function waitingIn({ sequences, approval }: Run): readonly Sequence[] {
  const waiting = sequences.filter(({ waits }) => waits?.code === "approval");
  return waiting.length === approval?.sequences ? waiting : sequences.filter(isOpen);
}

/** Sequences that would do the same, together. */
function groupsOf(sequences: readonly Sequence[]): readonly (readonly Sequence[])[] {
  const groups = new Map<string, Sequence[]>();
  for (const each of sequences) {
    const what = each.commands.map(({ type, target }) => [type, target]);
    const key = JSON.stringify([each.profile, each.parameters, what]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

function groupFacts(
  group: readonly Sequence[],
  { reasons }: Approval,
): (readonly [string, string])[] {
  const [first] = group;
  if (first === undefined) return [];
  const parameters = Object.entries(first.parameters).map(([name, value]) => `${name}=${value}`);
  return [
    ["", ""],
    ["profile", `${first.profile.name} ${first.profile.version}`],
    ...parameters.map((each) => ["parameter", each] as const),
    ...first.commands.map(({ type, target }) => ["command", `${type} ${target}`] as const),
    ...group.map((each) => {
      const why = reasons.find(({ sequenceId }) => sequenceId === each.sequenceId)?.why;
      return [
        "machine",
        why === undefined ? machineOf(each) : `${machineOf(each)}: ${why}`,
      ] as const;
    }),
  ];
}
