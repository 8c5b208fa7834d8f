import type { Incident, SkippedMachine } from "../incident/incident.ts";
import type { Parsed, Problem } from "../incident/problem.ts";
import { invalid } from "../incident/refusal.ts";
import type { Invalid } from "../incident/refusal.ts";
import { severityRank } from "../incident/severity.ts";
import type { Catalogue, CatalogueEntry } from "./profile/catalogue.ts";
import type { Command } from "./command/command.ts";
import { fillCommands } from "./command/fill.ts";
import { laneNumber, type Lane, type LaneName } from "./lane.ts";
import { resolveValues } from "./profile/parameter.ts";
import { splitIntoParts } from "./parts.ts";
import type { Profile } from "./profile/profile-schema.ts";
import { ruleFor } from "./profile/routing.ts";
import type { Routing } from "./profile/routing.ts";

/** An incident, and what was asked for with it. */
export interface Request {
  readonly incident: Incident;
  /** What the request asks for outside the body; it comes before what the body asks for. */
  readonly asked: {
    readonly profile: string | null;
    readonly parameters: Readonly<Record<string, string>>;
    /** Profiles for several platforms, instead of one. */
    readonly profiles?: readonly string[];
    /** The lane of the profile that it names, whatever its own is. */
    readonly lane?: LaneName;
  };
}

/** The same, and what there is to run. */
export interface Asked extends Request {
  readonly catalogue: Catalogue;
  readonly routing: Routing;
}

/** The profiles to choose from: the one that was asked for by name, or those of a rule. */
interface Choice {
  readonly kind: "choice";
  readonly entries: readonly CatalogueEntry[];
  readonly lane: LaneName | null;
}

/** The fields that all machines of a profile share. */
export interface Prepared {
  readonly profile: { readonly name: string; readonly version: number; readonly hash: string };
  readonly lane: Lane;
  /** How many approvals it needs. */
  readonly approvals: number;
  /** Every parameter of the profile, defaults included. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Requests in a row, each in the order that the API takes. */
  readonly parts: readonly (readonly Command[])[];
}

/** Understood, and there is nothing to run. */
export interface NothingToDo {
  readonly kind: "nothingToDo";
  readonly detail: string;
  readonly skipped: readonly SkippedMachine[];
}

/** A choice, and what of it does not depend on the machines. */
export interface ReadyChoice extends Choice {
  /** A single profile, filled. Of several, those that the machines need are filled later. */
  readonly prepared: ReadonlyMap<CatalogueEntry, Prepared>;
}

/**
 * The profiles that a plan may choose from; or why there can be no plan, whatever the machines are.
 * So nothing has to be found out about machines for a request that is refused anyway.
 */
export function choiceFor(input: Asked): Parsed<ReadyChoice> | NothingToDo {
  const choice = choose(input);
  if (choice.kind !== "choice") return choice;
  const single = choice.entries.length === 1 ? choice.entries : [];
  const prepared = prepare(input, { ...choice, entries: single });
  if (prepared.kind === "invalid") return prepared;
  return { kind: "parsed", value: { ...choice, prepared: prepared.value } };
}

/** Those for sweeps last, because an incident hardly means one, and a message is cut. */
function namesIn(catalogue: Catalogue): string {
  const entries = [...catalogue].toSorted(
    ([, a], [, b]) => Number(a.profile.lane === "sweep") - Number(b.profile.lane === "sweep"),
  );
  return entries.map(([name]) => name).join(", ");
}

/** What a request asks for by name, or what a rule chooses for its incident. */
function choose({ incident, catalogue, routing, asked }: Asked): Choice | Invalid | NothingToDo {
  const single = asked.profile ?? incident.asks?.profile ?? null;
  const named = asked.profiles ?? (single === null ? [] : [single]);
  if (named.length > 0) {
    const entries = named.map((name) => catalogue.get(name)).filter((each) => each !== undefined);
    const isWhole = entries.length === named.length;
    if (isWhole) return { kind: "choice", entries, lane: asked.lane ?? null };
    return invalid([{ path: "profile", message: `Ask for one of: ${namesIn(catalogue)}.` }]);
  }
  const rule = ruleFor(routing, incident);
  if (rule === null) {
    const detail =
      `No routing rule is for ${incident.source} incidents of severity ${incident.severity}. ` +
      "Ask for a profile by name, or add a rule to profiles/routing.json.";
    return { kind: "nothingToDo", detail, skipped: [...incident.unusable] };
  }
  const entries = rule.profiles
    .map((profile) => catalogue.get(profile))
    .filter((entry) => entry !== undefined);
  return { kind: "choice", entries, lane: rule.lane ?? null };
}

/** Fills each profile once for all its machines. */
export function prepare(
  { incident, asked }: Request,
  { entries, lane }: Choice,
): Parsed<Map<CatalogueEntry, Prepared>> {
  const given = { ...incident.asks?.parameters, ...asked.parameters };
  const problems: Problem[] = [];
  const all = new Map<CatalogueEntry, Prepared>();
  for (const entry of entries) {
    const name = lane ?? laneOf(entry.profile, incident);
    const prepared = prepareOne(entry, laneNumber(name), given);
    if (prepared.kind === "invalid") problems.push(...prepared.problems);
    else all.set(entry, prepared.value);
  }
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: all };
}

/** What is wrong with these parameters, each of which every one of the profiles has to take. */
export function parameterProblems(
  entries: readonly CatalogueEntry[],
  given: Readonly<Record<string, string>>,
): Problem[] {
  return entries.flatMap((entry) => {
    const prepared = prepareOne(entry, laneNumber(entry.profile.lane), given);
    if (prepared.kind !== "invalid") return [];
    const { name } = entry.profile;
    return prepared.problems.map(({ path, message }) => ({ path, message: `${name}: ${message}` }));
  });
}

function prepareOne(
  { profile, hash }: CatalogueEntry,
  lane: Lane,
  given: Readonly<Record<string, string>>,
): Parsed<Prepared> | Invalid {
  const resolved = resolveValues(profile.parameters, given);
  if (resolved.kind === "invalid") return resolved;
  const filled = fillCommands(profile, resolved.values);
  if (filled.kind === "invalid") return filled;
  const { name, version } = profile;
  const value = {
    profile: { name, version, hash },
    lane,
    approvals: profile.approvals ?? 0,
    parameters: resolved.values,
    parts: splitIntoParts(filled.value),
  };
  return { kind: "parsed", value };
}

/**
 * The profile's own lane. But an incident from a ticketing system goes into the ticket lane, unless
 * it is high or critical. Urgent and sweep profiles keep their lane for every sender.
 */
function laneOf({ lane }: Profile, { source, severity }: Incident): LaneName {
  const ticketing = source === "servicenow" || source === "jira";
  const grave = severityRank(severity) >= severityRank("high");
  return lane === "incident" && ticketing && !grave ? "ticket" : lane;
}
