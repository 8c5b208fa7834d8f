import { ours } from "../../incident/platform.ts";
import { FIRST_MEAN } from "../../limits/pace/mean-session.ts";
import type { Machine } from "../../ports.ts";
import { usualPickupMs } from "../../limits/pace/patience.ts";
import { loadReadableBudget } from "../../store/load.ts";
import { loadSweep } from "../../store/load-sweeps.ts";
import { spendRead } from "../../store/spend-read.ts";
import type { Definition } from "../../sweep/definition.ts";
import { isAwake, isTarget } from "../../sweep/is-target.ts";
import { NOTHING_TRIED } from "../../sweep/round.ts";
import { huntTargets, saidBy } from "./hunt-targets.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { profileFor } from "./profile-for.ts";

/** What a round would do if it began now. Nothing of it is stored, but what asking costs. */
export interface SweepPreview {
  readonly machines: number;
  /** Those that have reported lately; the others are held until they do. */
  readonly awake: number;
  /** By platform; `other` are those that none of our profiles is for. */
  readonly platforms: Readonly<Record<string, number>>;
  /** Machines that the setting SCOPE or a missing profile leaves out. */
  readonly leftOut: number;
  /** Machines that need an approval before they are sent anything. */
  readonly needApproval: number;
  /** Calls to Defender, and the most sessions at once. */
  readonly calls: number;
  readonly sessions: number;
  /** Until the last of those that are awake has ended, in minutes. */
  readonly estimatedMinutes: number;
  /**
   * Machines that the query names, rows of its answer that name none, and machines that it names
   * and Defender does not list, null if not all were looked at; null without a query.
   */
  readonly query: {
    readonly named: number;
    readonly odd: number;
    readonly notListed: number | null;
  } | null;
  /** False if the tenant has more machines than are looked at; then all is at least so much. */
  readonly complete: boolean;
}

export type Previewed =
  | { readonly kind: "previewed"; readonly preview: SweepPreview }
  | { readonly kind: "unavailable"; readonly detail: string };

/** Pages of 2,000 machines that one preview asks for, so that it answers in time. Our own bound. */
const PAGES_MAX = 20;

/** So long a round gathers calls before it sends for the first time; allowance.ts. */
const WINDOWS_UNTIL_FIRST = 2;

/** What is counted of the machines; those that are left out are among `machines`. */
interface Tally {
  machines: number;
  awake: number;
  leftOut: number;
  needApproval: number;
  calls: number;
  readonly platforms: Map<string, number>;
}

/** Lists the tenant's machines as a round would, and counts. */
export async function previewSweep(
  ports: SweepPorts,
  settings: SweepSettings,
  definition: Definition,
): Promise<Previewed> {
  const hunted = await huntTargets(ports, settings.limits, definition.targets);
  if (hunted.kind === "hindered") return { kind: "unavailable", detail: hunted.detail };
  const nowMs = ports.clock.earliest();
  const platforms = new Map<string, number>();
  const tally: Tally = { machines: 0, awake: 0, leftOut: 0, needApproval: 0, calls: 0, platforms };
  const unlisted = new Set(hunted.queried);
  let next: string | null = null;
  for (let page = 0; page === 0 || (next !== null && page < PAGES_MAX); page += 1) {
    if (!(await spendRead(ports, settings.limits, "machines"))) {
      const detail = "The calls that Defender allows for lists of machines are used up.";
      return { kind: "unavailable", detail };
    }
    const reply = await ports.defender.listMachines(next);
    if (reply.kind !== "answered") return { kind: "unavailable", detail: saidBy(reply) };
    for (const machine of reply.value.machines) {
      unlisted.delete(machine.machineId);
      if (!isTarget(machine, definition.targets, hunted.queried, nowMs)) continue;
      count(tally, machine, definition, { ...settings, nowMs });
    }
    ({ next } = reply.value);
  }
  const times = await estimate(ports, settings, definition, tally);
  const { platforms: counted, ...rest } = tally;
  const limited = Math.min(rest.machines, definition.limit ?? rest.machines);
  return {
    kind: "previewed",
    preview: {
      ...rest,
      machines: limited,
      ...times,
      platforms: Object.fromEntries(counted),
      query:
        hunted.queried === null
          ? null
          : {
              named: hunted.queried.size,
              odd: hunted.odd,
              notListed: next === null ? unlisted.size : null,
            },
      complete: next === null,
    },
  };
}

function count(
  tally: Tally,
  machine: Machine,
  definition: Definition,
  { nowMs, ...settings }: Pick<SweepSettings, "scope" | "catalogue"> & { nowMs: number },
): void {
  const word = ours(machine.platform) ?? "other";
  tally.machines += 1;
  tally.platforms.set(word, (tally.platforms.get(word) ?? 0) + 1);
  const sends = profileFor(machine, definition, settings, nowMs);
  if (sends === null) {
    tally.leftOut += 1;
    return;
  }
  const { profile, verdict } = sends;
  if (verdict.kind === "needsApproval" || profile.approvals !== undefined) tally.needApproval += 1;
  if (!isAwake(machine, nowMs)) return;
  tally.awake += 1;
  tally.calls += 1;
}

/**
 * By what its share of the calls and of the sessions allows; the slower one counts. The last round
 * that is over says how many are not there although they have reported lately, and how long the
 * others take. Who is not there costs a call, and a session for as long as lrq waits.
 */
async function estimate(
  { ledger }: SweepPorts,
  { limits }: SweepSettings,
  { name, share, limit }: Definition,
  tally: Tally,
): Promise<Pick<SweepPreview, "sessions" | "estimatedMinutes">> {
  const [budget, sweep] = [await loadReadableBudget(ledger), await loadSweep(ledger, name)];
  const { meanSessionMs } = budget?.value ?? FIRST_MEAN;
  const tried = sweep?.value.last?.tried ?? NOTHING_TRIED;
  const reachedMs = tried.reached === 0 ? meanSessionMs : tried.reachedMs / tried.reached;
  const offline = tried.machines === 0 ? 0 : tried.offline / tried.machines;
  const waitedMs = usualPickupMs(budget?.value.pickups ?? []) ?? limits.patienceMs;
  const sessions = Math.max(1, Math.floor(limits.maxSessions * share));
  const calls = Math.min(tally.calls, limit ?? tally.calls);
  const byCalls = (calls / (limits.callsPerWindow * share)) * limits.windowMs;
  const bySessions = (calls / sessions) * (reachedMs * (1 - offline) + waitedMs * offline);
  const beginMs = limits.windowMs * WINDOWS_UNTIL_FIRST;
  const lastMs = calls === 0 ? 0 : beginMs + Math.max(byCalls, bySessions) + reachedMs;
  return {
    sessions: Math.min(sessions, calls),
    estimatedMinutes: Math.ceil(lastMs / 60_000),
  };
}
