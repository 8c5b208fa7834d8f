import { ours } from "../incident/platform.ts";
import { mostLookUps } from "../limits/pace/caller-share.ts";
import type { Limits } from "../limits/pace/limits.ts";
import type { MachineFacts } from "../plan/machine-facts.ts";
import type { Machine, Ports, Reply } from "../ports.ts";
import { noteAnswer, OF_ACCESS } from "./note-lockout.ts";

type LookUpPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

/**
 * Ids and names of one call, so that its address stays below 2,048 characters (the default bound of
 * IIS for a query) and its filter below 100 nodes (that of OData in ASP.NET).
 */
const IDS_PER_CALL = 20;
const LABELS_PER_CALL = 10;
/** Calls of one request that are under way at the same time. Our own bound. */
const AT_ONCE = 5;
const DETAIL_CHARACTERS = 1_000;

/** Machines to look up: by Defender's id, and by the first label of their DNS name. */
export interface Wanted {
  readonly machineIds: readonly string[];
  readonly labels: readonly string[];
}

/** The budget that look-ups are taken from. */
export interface LookUpBudget {
  readonly limits: Limits;
  /** The caller that they are for; null for none. */
  readonly by: string | null;
  /** Pays for so many calls before they are made; false if they cannot be paid. */
  readonly pay: (calls: number) => Promise<boolean>;
}

/** Defender gave no answer, or could not be asked: nothing is known. */
interface Unavailable {
  readonly kind: "unavailable";
  readonly detail: string;
}

export type LookedUp =
  | {
      readonly kind: "lookedUp";
      readonly machines: readonly Machine[];
      /** When the first call was made, epoch milliseconds; 0 if none was. */
      readonly askedAtMs: number;
      /** Why nothing is known of an id or label: Defender refuses it, or shows only a part. */
      readonly refused: ReadonlyMap<string, string>;
      /** Why nothing is known yet of an id or label: the answer about it alone says nothing. */
      readonly silent: ReadonlyMap<string, string>;
    }
  | Unavailable
  /** It takes more calls than one request can ever pay for. */
  | { readonly kind: "tooManyMachines"; readonly detail: string };

/** One call. */
interface Question {
  /** The ids or labels that it is about. */
  readonly of: readonly string[];
  readonly ask: () => Promise<Reply<readonly Machine[] | null>>;
}

/**
 * Asks Defender for machines, in as few calls as it takes. All calls are paid before the first is
 * made, so there are never facts of a part: if nothing is known of one, nothing is of any.
 */
export async function lookUpMachines(
  ports: LookUpPorts,
  budget: LookUpBudget,
  wanted: Wanted,
): Promise<LookedUp> {
  const answers = await lookUpEach(ports, budget, wanted);
  if (answers.kind !== "lookedUp" || answers.silent.size === 0) return answers;
  return notFoundOut([...answers.silent.keys()], [...answers.silent.values()][0] ?? "");
}

/**
 * The same, but what nothing is known of keeps back no other; it is in `silent`. If Defender
 * refuses a call about several, or may mean one of them, each is asked for alone.
 */
export async function lookUpEach(
  ports: LookUpPorts,
  budget: LookUpBudget,
  { machineIds, labels }: Wanted,
): Promise<LookedUp> {
  const { defender } = ports;
  const reading = (of: readonly string[]) => ({ of, ask: () => defender.readMachines(of) });
  const finding = (of: readonly string[]) => ({ of, ask: () => defender.findMachines(of) });
  const together = await askAll(ports, budget, [
    ...batches(machineIds, IDS_PER_CALL).map(reading),
    ...batches(labels, LABELS_PER_CALL).map(finding),
  ]);
  if (together.kind !== "lookedUp") return together;
  const again = [...together.refused.keys(), ...together.silent.keys()];
  if (again.length === 0) return together;
  const alone = await askAll(ports, budget, [
    ...batches(machineIds, 1).filter(isAmong(again)).map(reading),
    ...batches(labels, 1).filter(isAmong(again)).map(finding),
  ]);
  if (alone.kind !== "lookedUp") return alone;
  const machines = [...together.machines, ...alone.machines];
  return { ...alone, machines, askedAtMs: together.askedAtMs };
}

/** What is kept of a machine. */
export function factsOf(machine: Machine, { askedAtMs }: { askedAtMs: number }): MachineFacts {
  const { name, platform, tags, group, health } = machine;
  return { name, platform: ours(platform), tags, group, health, atMs: askedAtMs };
}

async function askAll(
  ports: LookUpPorts,
  { limits, by, pay }: LookUpBudget,
  questions: readonly Question[],
): Promise<LookedUp> {
  const machines: Machine[] = [];
  const refused = new Map<string, string>();
  const silent = new Map<string, string>();
  const calls = questions.length;
  if (calls === 0) return { kind: "lookedUp", machines, refused, silent, askedAtMs: 0 };
  const most = mostLookUps(limits);
  if (calls > most) return tooMany(calls, most);
  if (!(await pay(calls))) {
    return unavailable(`lrq has no calls left for looking up machines for ${by ?? "itself"} now.`);
  }
  const askedAtMs = Math.floor(ports.clock.earliest());
  for (let from = 0; from < calls; from += AT_ONCE) {
    const some = questions.slice(from, from + AT_ONCE);
    const replies = await Promise.all(some.map(async ({ ask }) => await ask()));
    for (const [index, reply] of replies.entries()) {
      const { of } = some[index] ?? { of: [] };
      await noteAnswer(ports, limits, { call: "machines", reply, wasRefused: false });
      const trouble = troubleOf(reply, of);
      if (trouble?.kind === "unavailable") return trouble;
      const noted = trouble?.kind === "silent" ? silent : refused;
      if (trouble !== null) for (const each of of) noted.set(each, trouble.detail);
      else if (reply.kind === "answered") machines.push(...(reply.value ?? []));
    }
  }
  return { kind: "lookedUp", machines, refused, silent, askedAtMs };
}

/** Why the reply says nothing of any machine; null if it does. */
function troubleOf(
  reply: Reply<readonly Machine[] | null>,
  of: readonly string[],
): Unavailable | { readonly kind: "refused" | "silent"; readonly detail: string } | null {
  switch (reply.kind) {
    case "throttled":
      return unavailable("Defender accepts no more look-ups now.");
    case "unavailable":
      if (reply.mayBeOfRequest === true) return { kind: "silent", detail: reply.detail };
      return notFoundOut(of, reply.detail);
    case "refused":
      // A refused token or right says nothing of the machine.
      if (OF_ACCESS.has(reply.httpStatus)) return notFoundOut(of, reply.detail);
      return { kind: "refused", detail: `Defender refused to look it up: ${reply.detail}` };
    case "absent":
      return null;
    case "answered":
      return reply.value === null ? { kind: "refused", detail: TOO_MANY_LIKE_IT } : null;
  }
}

const TOO_MANY_LIKE_IT =
  "More machines have a name that begins like this than one call shows; send Defender's id.";

/** The sender has to send again, and learns why. */
function notFoundOut([first = "", ...more]: readonly string[], why: string): Unavailable {
  const machines = more.length === 0 ? first : `${first} and ${more.length} more`;
  const detail = `lrq could not ask Defender for ${machines}: ${why}`;
  return unavailable(detail.slice(0, DETAIL_CHARACTERS));
}

function unavailable(detail: string): Unavailable {
  return { kind: "unavailable", detail };
}

function tooMany(calls: number, most: number): Extract<LookedUp, { kind: "tooManyMachines" }> {
  const detail =
    `Looking up the machines takes ${calls} calls, and one request may make ${most}; lrq ` +
    "accepted nothing. Send fewer machines at once: the others join the same run.";
  return { kind: "tooManyMachines", detail };
}

function isAmong(wanted: readonly string[]): (batch: readonly string[]) => boolean {
  return (batch) => batch.some((each) => wanted.includes(each));
}

/** Each value once, so many together. */
function batches(values: readonly string[], size: number): (readonly string[])[] {
  const once = [...new Set(values)];
  const count = Math.ceil(once.length / size);
  return Array.from({ length: count }, (_, at) => once.slice(at * size, (at + 1) * size));
}
