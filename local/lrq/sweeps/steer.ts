import { readFileSync } from "node:fs";
import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { fileTrouble } from "../command/file-trouble.ts";
import { UsageError } from "../command/stop.ts";
import type { Asked, Verb } from "../command/verb.ts";
import { parsed } from "../parsed-json.ts";
import { previewLines, previewSchema } from "./preview-lines.ts";
import { PATIENCE, ROUND, roundPath, sweepPath } from "./round-asked.ts";
import { roundLines, roundSchema } from "./round-lines.ts";

const steeredSchema = z.object({ round: z.number().nullable() });
const rerunSchema = z.object({ round: z.number(), machines: z.number() });
const namedSchema = z.looseObject({ name: z.string() });

/** `lrq sweeps apply FILE`: puts a definition in place as a whole. */
export const sweepApply: Verb = {
  usage: "sweeps apply <file>",
  summary: "put the definition in a file in place; a new sweep is paused",
  examples: [["lrq sweeps apply autostarts.json", "then: lrq sweeps preview autostarts"]],
  run: async (asked, around) => {
    const [file = ""] = asked.words;
    const text = textOf(file);
    const named = parsed(text, namedSchema);
    if (named === null) throw new UsageError(`${file} is no definition: it needs JSON with a name`);
    const { value, body } = await lrqFor(asked, around).put(
      sweepPath(named.name),
      z.looseObject({ paused: z.boolean() }),
      text,
    );
    if (asked.flag("json")) around.sayJson(body);
    else
      around.say(value.paused ? `Applied, and paused: ${named.name}.` : `Applied: ${named.name}.`);
    return EXIT.done;
  },
};

/** `lrq sweeps preview NAME`: what a round would do now. */
export const sweepPreview: Verb = {
  usage: "sweeps preview <name>",
  summary: "how many machines a round would ask now, what it costs, and how long it takes",
  examples: [["lrq sweeps preview autostarts", "nothing is started"]],
  run: async (asked, around) => {
    const { value, body } = await previewOf(asked, around);
    if (asked.flag("json")) around.sayJson(body);
    else around.show(previewLines(value, around));
    return EXIT.done;
  },
};

/** `lrq sweeps start NAME`: shows what a round would do, asks, and starts it. */
export const sweepStart: Verb = {
  usage: "sweeps start <name>",
  summary: "start a round now, after a look at what it would do",
  examples: [
    ["lrq sweeps start autostarts", "shows the preview, and asks"],
    ["lrq sweeps start autostarts --yes", "where nobody can be asked"],
  ],
  options: [YES],
  run: async (asked, around) => {
    if (!asked.flag("yes")) {
      around.show(previewLines((await previewOf(asked, around)).value, around));
      await agreed(asked, around, "Start a round?");
    }
    return await steer("start", asked, around);
  },
};

/** `lrq sweeps pause NAME` and `lrq sweeps resume NAME`: the schedule, or one round. */
export const sweepPause: Verb = pausing("pause", "let no round start by itself, or pause a round");
export const sweepResume: Verb = pausing("resume", "let rounds start, or let a round go on");

/** `lrq sweeps stop NAME`: ends a round for good. */
export const sweepStop: Verb = {
  usage: "sweeps stop <name>",
  summary: "end a round for good: nothing of it starts any more",
  examples: [
    ["lrq sweeps stop autostarts", "the last round; what runs goes on"],
    ["lrq sweeps stop autostarts --running", "and cancels what runs"],
  ],
  options: [ROUND, ["--running", "also cancel what runs"], YES],
  run: async (asked, around) => {
    const lrq = lrqFor(asked, around);
    const path = roundPath(asked);
    const { value: round } = await lrq.get(path, roundSchema);
    if (!asked.flag("json")) around.show(roundLines(round, around));
    await agreed(asked, around, "Stop it for good?");
    const query = asked.flag("running") ? "?running=true" : "";
    const { value, body } = await lrq.post(`${path}/stop${query}`, steeredSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.say(`Round ${value.round ?? round.round} is stopped.`);
    return EXIT.done;
  },
};

/** `lrq sweeps rerun NAME`: asks the machines again that a round has missed. */
export const sweepRerun: Verb = {
  usage: "sweeps rerun <name>",
  summary: "ask the machines again that a round has missed, in the same round",
  examples: [["lrq sweeps rerun autostarts", "of the last round"]],
  options: [ROUND],
  run: async (asked, around) => {
    const path = `${roundPath(asked)}/rerun`;
    const { value, body } = await lrqFor(asked, around).post(path, rerunSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.say(`Round ${value.round} asks ${value.machines} machines again.`);
    return EXIT.done;
  },
};

function pausing(what: "pause" | "resume", summary: string): Verb {
  return {
    usage: `sweeps ${what} <name>`,
    summary,
    examples: [
      [`lrq sweeps ${what} autostarts`, "the schedule"],
      [`lrq sweeps ${what} autostarts --round last`, "the round that is open"],
    ],
    options: [["--round <number>", "this round, and not the schedule"]],
    run: async (asked, around) => await steer(what, asked, around),
  };
}

async function steer(what: string, asked: Asked, around: Around): Promise<ExitCode> {
  const [name = ""] = asked.words;
  const ofRound = what !== "start" && asked.text("round") !== null;
  const path = ofRound ? roundPath(asked) : sweepPath(name);
  const { value, body } = await lrqFor(asked, around).post(`${path}/${what}`, steeredSchema);
  const done = { start: "begins", pause: "is paused", resume: "goes on" }[what] ?? "is done";
  if (asked.flag("json")) around.sayJson(body);
  else around.say(`${value.round === null ? name : `Round ${value.round} of ${name}`} ${done}.`);
  return EXIT.done;
}

async function previewOf(asked: Asked, around: Around) {
  const [name = ""] = asked.words;
  const waits = { timeoutMs: PATIENCE.readMs };
  return await lrqFor(asked, around).post(`${sweepPath(name)}/preview`, previewSchema, waits);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw fileTrouble(error) ?? error;
  }
}
