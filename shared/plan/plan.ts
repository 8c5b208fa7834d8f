import type {
  MachineMention,
  Platform,
  SaidPlatform,
  SkippedMachine,
} from "../incident/incident.ts";
import { ours } from "../incident/platform.ts";
import type { Parsed } from "../incident/problem.ts";
import {
  prepare,
  type NothingToDo,
  type Prepared,
  type ReadyChoice,
  type Request,
} from "./choice.ts";
import type { CatalogueEntry } from "./profile/catalogue.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { whyNoProfile } from "./no-profile.ts";

/** A mentioned machine whose id is known. */
export interface KnownMachine {
  readonly kind: "known";
  readonly machineId: string;
  /** What Defender says; what the sender says only as long as Defender has not been asked. */
  readonly name: string | null;
  readonly platform: SaidPlatform;
  /** The sender's name for it, if Defender has it under another name or id. */
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

/** What is asked for; the machines are in the order of the incident. */
export interface PlanInput extends Request {
  readonly machines: readonly ResolvedMachine[];
}

/**
 * What to run on one machine; `parts` are requests in a row, each in the order that the API takes.
 */
interface PlannedSequence extends Prepared {
  readonly machineId: string;
  readonly machineName: string | null;
  readonly machineFacts: MachineFacts | null;
  readonly platform: Platform | null;
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
export type Planned = Parsed<Plan> | NothingToDo;

/**
 * From an incident to command sequences, by the profiles that `choiceFor` has chosen. A machine is
 * skipped with the reason if no profile is for its platform, or its platform is not known. Refused:
 * parameters or values that a profile does not take.
 */
export function planIncident(input: PlanInput, choice: ReadyChoice): Planned {
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
  const entries = [...used].filter((entry) => !choice.prepared.has(entry));
  const filled = prepare(input, { ...choice, entries });
  if (filled.kind === "invalid") return filled;
  const sequences = [...chosen.values()].flatMap(({ machine, entry }) => {
    const same = choice.prepared.get(entry) ?? filled.value.get(entry);
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

/**
 * The profile for a platform; none if the platform is not known. Whoever asks for a profile by name
 * does not say with it what the machine runs.
 */
function entryFor({ entries }: ReadyChoice, platform: SaidPlatform): CatalogueEntry | undefined {
  const one = ours(platform);
  return entries.find(({ profile }) => one !== null && profile.platforms.includes(one));
}

function labelOf({ written, name, machineId }: MachineMention): string {
  return written ?? name ?? machineId ?? "unnamed machine";
}
