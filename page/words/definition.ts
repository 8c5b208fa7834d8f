import type { Definition, MachineRule } from "../../shared/sweep/definition.ts";
import { cronInWords, listed } from "./cron.ts";

/** A line of a definition: what it is about, and what it says, in plain words. */
export interface Clause {
  readonly about: string;
  readonly says: readonly string[];
}

/** A definition in plain words, all of it. */
export function clausesOf(definition: Definition): readonly Clause[] {
  const { expires, limit, share, firstWave, pauseAfter, coverage, parameters } = definition;
  const given = Object.entries(parameters).map(([name, value]) => `${name} = ${value}`);
  const { failedShare, of } = pauseAfter;
  return [
    { about: "asks with", says: definition.profiles },
    ...(given.length === 0 ? [] : [{ about: "parameters", says: given }]),
    ...targetClauses(definition.targets),
    { about: "a round starts", says: startsOf(definition) },
    { about: "it submits", says: [windowIn(definition)] },
    { about: "a round is open", says: [`at most ${duration(expires)}`] },
    { about: "it may use", says: [`at most ${percent(share)} of the calls and sessions`] },
    ...(limit === null ? [] : [{ about: "machines", says: [`at most ${limit} in a round`] }]),
    ...(firstWave === 0 ? [] : [{ about: "first", says: [waveIn(firstWave)] }]),
    { about: "it pauses", says: [`if more than ${percent(failedShare)} of ${of} machines fail`] },
    ...(coverage === null
      ? []
      : [{ about: "it tells", says: [`of a round that reaches less than ${percent(coverage)}`] }]),
  ];
}

/** When rounds start, in plain words. */
function scheduleIn({ schedule }: Pick<Definition, "schedule">): string {
  if (schedule === null) return "when a person starts one";
  if ("once" in schedule) return `once, at ${schedule.once}`;
  const words = cronInWords(schedule.cron) ?? `by the cron rule ${schedule.cron}`;
  return `${words} (${schedule.zone})`;
}

function startsOf(definition: Definition): string[] {
  if (definition.schedule === null) return [scheduleIn(definition)];
  const late = `at most ${duration(definition.startingDeadline)} late`;
  return [scheduleIn(definition), late, OVERLAPS[definition.overlap]];
}

const OVERLAPS: Readonly<Record<Definition["overlap"], string>> = {
  skip: "not while another round is open",
  replace: "in the place of a round that is still open",
  allow: "also while another round is open",
};

function windowIn({ window }: Definition): string {
  return window === null ? "at any time" : `from ${window.from} to ${window.to} (${window.zone})`;
}

function waveIn(machines: number): string {
  const them = machines === 1 ? "1 machine" : `${machines} machines`;
  return `${them}; the others after half of them have succeeded`;
}

function targetClauses({
  include,
  exclude,
  query,
  notCollectedWithin,
}: Definition["targets"]): Clause[] {
  const recent =
    notCollectedWithin === undefined
      ? []
      : [{ about: "not those", says: [`reached in the last ${duration(notCollectedWithin)}`] }];
  return [
    ...(include === undefined ? [] : [{ about: "machines", says: include.map(ruleIn) }]),
    ...(query === undefined ? [] : [{ about: "named by the query", says: [query] }]),
    ...(exclude === undefined ? [] : [{ about: "never", says: exclude.map(ruleIn) }]),
    ...recent,
  ];
}

/** A rule fits a machine if all of it does; of several values one is enough. */
function ruleIn({ tags, groups, platforms, names, ids, health, seenWithin }: MachineRule): string {
  if (names?.includes("*") === true && names.length === 1) {
    const others = ruleIn({ tags, groups, platforms, ids, health, seenWithin });
    return others === "" ? "every machine" : others;
  }
  const parts = [
    ["platform", platforms],
    ["tag", tags],
    ["group", groups],
    ["name", names],
    ["id", ids],
    ["health", health],
  ] as const;
  const said = parts.flatMap(([word, values]) =>
    values === undefined ? [] : [`${word} ${listed(values, "or")}`],
  );
  const seen = seenWithin === undefined ? [] : [`seen in the last ${duration(seenWithin)}`];
  return listed([...said, ...seen]);
}

const UNITS: Readonly<Record<string, string>> = { m: "minute", h: "hour", d: "day" };

/** `7d` in words. */
function duration(text: string): string {
  const number = text.slice(0, -1);
  const unit = UNITS[text.slice(-1)] ?? "";
  return `${number} ${unit}${number === "1" ? "" : "s"}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}
