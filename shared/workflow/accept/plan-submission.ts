import type { Counts } from "../../ledger/run/accepted.ts";
import type { Parsed } from "../../incident/problem.ts";
import { choiceFor, type ReadyChoice } from "../../plan/choice.ts";
import { planIncident, type Plan } from "../../plan/plan.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import type { Acceptance, AcceptPorts, AcceptSettings, Submission } from "./answer.ts";
import { fullCap } from "./full-cap.ts";
import { overCap } from "./not-written.ts";
import { asksDefender, asListed, resolveMachines } from "./resolve-machines.ts";

type NotPlanned = Exclude<Acceptance, { kind: "accepted" }>;

/** The profiles to choose from, or why nothing of it may be run, whatever its machines are. */
export function chosenFor(
  settings: AcceptSettings,
  submission: Submission,
): Extract<Parsed<ReadyChoice>, { kind: "parsed" }> | NotPlanned {
  const choice = choiceFor({ ...settings, ...submission });
  if (choice.kind !== "parsed") return choice;
  return barredFromAll(submission, choice.value) ?? choice;
}

/**
 * What is to be run on which machines, as Defender knows them; or the refusal. It writes nothing
 * but what asking Defender costs.
 */
export async function planFor(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
  { choice, counts }: { readonly choice: ReadyChoice; readonly counts: Counts | null },
): Promise<{ readonly kind: "planned"; readonly plan: Plan } | NotPlanned> {
  const { machines } = submission.incident;
  const { sweep } = submission;
  const isAsked = sweep === undefined && asksDefender(machines);
  const full = isAsked ? await fullCap(ports, submission, counts) : null;
  if (full !== null) return overCap(ports, submission, full);
  const lookingUp = { ...settings, ...budgetOf(ports, submission) };
  const resolved =
    sweep === undefined
      ? await resolveMachines(ports, lookingUp, machines)
      : asListed(settings.scope, sweep);
  if (resolved.kind !== "resolved") return resolved;
  const { incident, asked } = submission;
  const planned = planIncident({ incident, asked, machines: resolved.machines }, choice);
  if (planned.kind !== "parsed") return planned;
  const barred = barredFrom(submission, namesOf(planned.value.sequences));
  if (barred.length > 0) return forbidden(barred);
  // Whoever approves a plan has to see the names that Defender gives.
  const isShown = planned.value.sequences.some(({ approvals }) => approvals > 0);
  if (resolved.unasked !== null && isShown) return resolved.unasked;
  return { kind: "planned", plan: planned.value };
}

/** Look-ups are paid for the caller; none can be if the row they are counted in is set aside. */
function budgetOf(ports: AcceptPorts, { caller: by }: Submission) {
  const pay = async (calls: number) =>
    await unlessSetAside(ports, false, () => ports.lookUpPayments.pay({ calls, by }));
  return { by, pay };
}

/** Null if the caller may use one of the profiles; which one is needed depends on the machines. */
function barredFromAll(submission: Submission, { entries }: ReadyChoice): NotPlanned | null {
  const barred = barredFrom(submission, namesOf(entries));
  return barred.length > 0 && barred.length === entries.length ? forbidden(barred) : null;
}

function namesOf(of: readonly { readonly profile: { readonly name: string } }[]): string[] {
  return of.map(({ profile }) => profile.name);
}

/** Why the caller may not use those of the profiles that it may not use. */
function barredFrom({ whyNotUse }: Submission, profiles: readonly string[]): string[] {
  return profiles.map(whyNotUse).filter((why) => why !== null);
}

function forbidden([first = ""]: readonly string[]): NotPlanned {
  return { kind: "forbidden", detail: first };
}
