import { z } from "zod";
import type { Line } from "../../columns.ts";
import type { Lrq } from "../app/lrq.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { factLines } from "../command/table.ts";
import type { SubmitRequest } from "./submit-request.ts";

const machine = z.object({
  machineId: z.string(),
  machineName: z.string().nullable(),
  profile: z.object({ name: z.string(), version: z.number() }),
  approvals: z.number(),
  commands: z.array(z.object({ type: z.string() })),
  sequenceId: z.string().nullable(),
  state: z.string().nullable(),
});
const dryRunSchema = z.object({
  dryRun: z.literal(true),
  runId: z.string().nullable(),
  machines: z.array(machine),
  skipped: z.array(z.object({ machine: z.string(), reason: z.string() })),
  commands: z.number(),
  calls: z.number(),
  sessions: z.number(),
  estimatedMinutes: z.number().nullable(),
  approval: z.object({ needed: z.number(), sequences: z.number() }).nullable(),
  refused: z.array(z.object({ detail: z.string() })),
});
type DryRun = z.infer<typeof dryRunSchema>;

/** Says what an incident would do; gives the exit code that a cap that it would meet has. */
export async function dryRun(
  lrq: Lrq,
  { path, body }: SubmitRequest,
  json: boolean,
  around: Around,
): Promise<ExitCode> {
  // An app that is older than dry runs would take it for a real request. It has no whoami, either.
  await lrq.get("whoami", z.object({ name: z.string() }));
  const asked = `${path}${path.includes("?") ? "&" : "?"}dryRun=true`;
  const answer = await lrq.post(asked, dryRunSchema, { body });
  if (json) around.sayJson(answer.body);
  else around.show(dryLines(answer.value, around.columns));
  around.note("Nothing was sent to Defender or stored.");
  return answer.value.refused.length === 0 ? EXIT.done : EXIT.refused;
}

function dryLines(answer: DryRun, columns: number): Line[] {
  const { machines, skipped, commands, calls, sessions, estimatedMinutes, approval } = answer;
  const minutes = estimatedMinutes === null ? "not known" : `in about ${estimatedMinutes} min`;
  const facts: (readonly [string, string])[] = [
    ["run", answer.runId ?? "a new one"],
    ["work", `${commands} commands in ${calls} calls, up to ${sessions} sessions at once`],
    ["end", minutes],
    ...(approval === null ? [] : [["approval", approvalWords(approval)] as const]),
    ...machines.map((each) => ["machine", machineWords(each)] as const),
    ...skipped.map((each) => ["skipped", `${each.machine}: ${each.reason}`] as const),
    ...answer.refused.map(({ detail }) => ["refused", detail] as const),
  ];
  return facts.flatMap(([name, text]) =>
    factLines(name, text, { columns, tone: name === "refused" ? "bad" : "plain" }),
  );
}

function approvalWords({ needed, sequences }: NonNullable<DryRun["approval"]>): string {
  return `${needed} needed, for ${sequences} sequences`;
}

function machineWords({ machineName, machineId, profile, ...of }: z.infer<typeof machine>): string {
  const types = of.commands.map(({ type }) => type).join(", ");
  const before = of.sequenceId === null ? "" : `; collected before, ${of.state}, not repeated`;
  return `${machineName ?? machineId}: ${profile.name} ${profile.version} (${types})${before}`;
}
