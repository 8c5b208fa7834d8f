import { columnsOf, fit, type Line } from "../columns.ts";
import { coverageWords } from "../lrq/sweeps/round-lines.ts";
import type { CastMember } from "./cast.ts";
import { nameOf, seconds } from "./frame.ts";
import type { SweepChange, SweepRound, SweepStack, SweepSeen } from "./sweep-client.ts";

const GAP = "  ";
const ELAPSED_COLUMNS = 5;

/** What a sweep is for, before the first one goes. */
export function sweepOpening(machines: number): Line[] {
  return [
    strong("A sweep asks all machines one question on a schedule, behind every incident."),
    plain(`Here: what starts by itself on the ${machines} Windows machines? Two rounds ask them.`),
    plain("Look at what one machine alone has, and at what is new since the round before."),
  ];
}

/** How a round goes on, in one line. */
export function roundLine(round: SweepRound, elapsedMs: number): Line {
  return [
    { tone: "strong", text: `Round ${round.round}  ` },
    { tone: "faint", text: `${fit(seconds(elapsedMs), ELAPSED_COLUMNS, "end")}  ` },
    ...stateOf(round),
  ];
}

/** The same without the time: what a log does not say twice. */
export function stateOf(round: SweepRound): Line {
  const { waiting, held, sent, missed } = round.counts;
  if (round.listedAt === null) return [{ tone: "busy", text: "lists the machines of the tenant" }];
  const elsewhere = [
    [waiting, "to be sent"],
    [held, "away"],
    [sent, "under way"],
    ...Object.entries(missed).map(([how, count]) => [count, how] as const),
  ] as const;
  const others = elsewhere.flatMap(([count, where]) => (count === 0 ? [] : `, ${count} ${where}`));
  return [
    { tone: round.state === "ended" ? "good" : "busy", text: coverageWords(round) },
    { tone: "plain", text: ` reached${others.join("")}` },
  ];
}

/** What the rounds found: the rarest autostarts, and what changed. */
export function foundLines({ stack, changes }: SweepSeen, members: readonly CastMember[]): Line[] {
  return [
    [],
    strong(`Rarest first: who signed what starts by itself, in round ${stack.round}`),
    ...stackLines(stack, members),
    [],
    strong("What changed since the round before"),
    ...changeLines(changes.changes, members),
    [],
  ];
}

function stackLines({ values, machines }: SweepStack, members: readonly CastMember[]): Line[] {
  const signers = values.map(({ value }) => String(value["signer"] || "nobody"));
  const width = Math.max(...signers.map(columnsOf), 0);
  return values.flatMap(({ machines: on, value, example }, at): Line[] => {
    const isAlone = on === 1;
    const tone = isAlone ? "bad" : "plain";
    const count = `${on} of ${machines}`;
    const bar = fit("#".repeat(on), machines);
    const signer = fit(signers[at] ?? "", width);
    const line: Line = [
      { tone, text: `${count}${GAP}` },
      { tone: "faint", text: `${bar}${GAP}` },
      { tone, text: `${signer}${GAP}${String(value["path"])}` },
    ];
    if (!isAlone) return [line];
    const margin = " ".repeat(columnsOf(`${count}${GAP}${bar}${GAP}`));
    return [line, [{ tone: "bad", text: `${margin}on ${nameOf(example, members)} alone` }]];
  });
}

/** One line for what changed alike on several machines. */
function changeLines(changes: readonly SweepChange[], members: readonly CastMember[]): Line[] {
  const whats = [...new Set(changes.map(whatOf))].toSorted((a, b) => (a < b ? 1 : -1));
  const width = Math.max(...whats.map(columnsOf), 0);
  return whats.map((what) => {
    const some = changes.filter((each) => whatOf(each) === what);
    const ids = new Set(some.map(({ row }) => row.machineId));
    const on = members.filter(({ machineId }) => ids.has(machineId)).map(({ name }) => name);
    return [
      { tone: what.startsWith("new") ? "busy" : "faint", text: `${fit(what, width)}${GAP}` },
      { tone: "plain", text: `on ${on.join(", ")}` },
    ];
  });
}

function whatOf({ change, row }: SweepChange): string {
  return `${fit(change, 4)}${GAP}${row.kind} ${row.name}`;
}

function strong(text: string): Line {
  return [{ tone: "strong", text }];
}

function plain(text: string): Line {
  return [{ tone: "plain", text }];
}
