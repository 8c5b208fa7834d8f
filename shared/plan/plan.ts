import type {
  Incident,
  MachineMention,
  Platform,
  SaidPlatform,
  SkippedMachine,
} from "../incident/incident.ts";
import { ours } from "../incident/platform.ts";
import type { Parsed, Problem } from "../incident/problem.ts";
import { invalid } from "../incident/refusal.ts";
import type { Invalid } from "../incident/refusal.ts";
import { severityRank } from "../incident/severity.ts";
import type { Catalogue, CatalogueEntry } from "./profile/catalogue.ts";
import type { Command } from "./command/command.ts";
import { fillCommands } from "./command/fill.ts";
import { laneNumber, type Lane, type LaneName } from "./lane.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { whyNoProfile } from "./no-profile.ts";
import { resolveValues } from "./profile/parameter.ts";
import { splitIntoParts } from "./parts.ts";
import type { Profile } from "./profile/profile-schema.ts";
import { ruleFor } from "./profile/routing.ts";
import type { Routing } from "./profile/routing.ts";

/** A mentioned machine whose id is known. */
export interface KnownMachine {
  readonly kind: "known";
  readonly machineId: string;
  readonly name: string | null;
  /** The platform that Defender says, else the one that the sender says. */
  readonly platform: SaidPlatform;
  /** The sender's name for it, if it was found by another name or id. */
  readonly namedAs?: string;
  /** What Defender says of it; null if Defender was not asked. */
  readonly facts: MachineFacts | null;
  /** True if it needs an approval whatever the profile. */
  readonly needsApproval: boolean;
}

/** A mentioned machine after Defender was asked about it. */
export type ResolvedMachine =
  | KnownMachine
  | { readonly kind: "unresolved"; readonly mention: MachineMention; readonly reason: string };

/** Everything that a plan is made from; the machines are in the order of the incident. */
export interface PlanInput {
  readonly incident: Incident;
  readonly catalogue: Catalogue;
  readonly routing: Routing;
  /** What the request asks for outside the body; it comes before what the body asks for. */
  readonly asked: {
    readonly profile: string | null;
    readonly parameters: Readonly<Record<string, string>>;
  };
  readonly machines: readonly ResolvedMachine[];
}

/**
 * What to run on one machine; `parts` are requests in a row, each in the order that the API takes.
 */
interface PlannedSequence {
  readonly machineId: string;
  readonly machineName: string | null;
  readonly machineFacts: MachineFacts | null;
  readonly platform: Platform | null;
  readonly profile: { readonly name: string; readonly version: number; readonly hash: string };
  readonly lane: Lane;
  /** How many approvals it needs. */
  readonly approvals: number;
  /** Every parameter of the profile, defaults included. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly parts: readonly (readonly Command[])[];
}

/** A machine that was found by another name or id than the one that was sent. */
export interface ReadAs {
  /** As it was sent. */
  readonly machine: string;
  /** Defender's name of what was found, or its id. */
  readonly as: string;
}

/** Each known machine once, in the incident's order; all others are in `skipped`. */
export interface Plan {
  readonly sequences: readonly PlannedSequence[];
  readonly skipped: readonly SkippedMachine[];
  readonly readAs: readonly ReadAs[];
}

/**
 * A plan with at least one sequence; or what is wrong with the request; or why there is nothing to
 * run.
 */
export type Planned =
  | Parsed<Plan>
  | {
      readonly kind: "nothingToDo";
      readonly detail: string;
      readonly skipped: readonly SkippedMachine[];
    };

/** The profiles to choose from: the one that was asked for by name, or those of a rule. */
interface Choice {
  readonly kind: "choice";
  readonly entries: readonly CatalogueEntry[];
  readonly lane: LaneName | null;
}

/** The fields that all machines of a profile share. */
type Prepared = Pick<PlannedSequence, "profile" | "lane" | "approvals" | "parameters" | "parts">;

/**
 * From an incident to command sequences. A profile asked for by name (in the request, then in the
 * body) comes before routing. A machine is skipped with the reason if no profile is for its
 * platform, or its platform is not known. Refused: an unknown profile, and parameters or values
 * that the profile does not take.
 */
export function planIncident(input: PlanInput): Planned {
  const choice = choose(input);
  if (choice.kind !== "choice") return choice;
  const skipped: SkippedMachine[] = [...input.incident.unusable];
  const readAs: ReadAs[] = [];
  const chosen = new Map<string, { machine: KnownMachine; entry: CatalogueEntry }>();
  for (const machine of input.machines) {
    if (machine.kind === "unresolved") {
      skipped.push({ machine: labelOf(machine.mention), reason: machine.reason });
      continue;
    }
    const { machineId, name, namedAs, platform } = machine;
    if (namedAs !== undefined) readAs.push({ machine: namedAs, as: name ?? machineId });
    const entry = entryFor(choice, platform);
    if (entry === undefined) {
      skipped.push({ machine: name ?? machineId, reason: whyNoProfile(platform, choice.entries) });
    } else if (!chosen.has(machineId)) chosen.set(machineId, { machine, entry });
  }
  const used = new Set([...chosen.values()].map(({ entry }) => entry));
  const prepared = prepare(input, choice, used);
  if (prepared.kind === "invalid") return prepared;
  const sequences = [...chosen.values()].flatMap(({ machine, entry }) => {
    const same = prepared.value.get(entry);
    if (same === undefined) return [];
    const { machineId, name: machineName, facts: machineFacts } = machine;
    const platform = ours(machine.platform);
    const approvals = Math.max(same.approvals, machine.needsApproval ? 1 : 0);
    return [{ machineId, machineName, machineFacts, platform, ...same, approvals }];
  });
  if (sequences.length === 0) {
    const detail = "lrq can act on no machine of the incident; each is skipped with its reason.";
    return { kind: "nothingToDo", detail, skipped };
  }
  return { kind: "parsed", value: { sequences, skipped, readAs } };
}

function choose({
  incident,
  catalogue,
  routing,
  asked,
}: PlanInput): Choice | Exclude<Planned, { kind: "parsed" }> {
  const name = asked.profile ?? incident.asks?.profile ?? null;
  if (name !== null) {
    const entry = catalogue.get(name);
    if (entry !== undefined) return { kind: "choice", entries: [entry], lane: null };
    const message = `Ask for one of: ${[...catalogue.keys()].join(", ")}.`;
    return invalid([{ path: "profile", message }]);
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

/**
 * Fills each profile once for all its machines. A profile that was asked for by name is checked
 * even if no machine is left.
 */
function prepare(
  { incident, asked }: PlanInput,
  choice: Choice,
  used: ReadonlySet<CatalogueEntry>,
): Parsed<Map<CatalogueEntry, Prepared>> {
  const given = { ...incident.asks?.parameters, ...asked.parameters };
  const problems: Problem[] = [];
  const all = new Map<CatalogueEntry, Prepared>();
  for (const entry of choice.entries) {
    if (choice.entries.length > 1 && !used.has(entry)) continue;
    const lane = choice.lane ?? laneOf(entry.profile, incident);
    const prepared = prepareOne(entry, laneNumber(lane), given);
    if (prepared.kind === "invalid") problems.push(...prepared.problems);
    else all.set(entry, prepared.value);
  }
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: all };
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

/**
 * The profile for a platform; none if the platform is not known. Whoever asks for a profile by name
 * does not say with it what the machine runs.
 */
function entryFor({ entries }: Choice, platform: SaidPlatform): CatalogueEntry | undefined {
  const one = ours(platform);
  return entries.find(({ profile }) => one !== null && profile.platforms.includes(one));
}

function labelOf({ written, name, machineId }: MachineMention): string {
  return written ?? name ?? machineId ?? "unnamed machine";
}
