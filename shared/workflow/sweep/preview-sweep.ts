import { ours } from "../../incident/platform.ts";
import { isoOrNull } from "../../ledger/row/instant.ts";
import type { Machine } from "../../ports.ts";
import { loadReadableBudget } from "../../store/load.ts";
import { estimateOf } from "../../sweep/estimate.ts";
import { isAwake, isTarget } from "../../sweep/is-target.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";
import { opensAtMs } from "../../sweep/window.ts";
import { askPage } from "./ask-page.ts";
import type { Hindrance } from "./hindered.ts";
import { huntTargets } from "./hunt-targets.ts";
import { knownMachines } from "./known-machines.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";
import { profileFor } from "./profile-for.ts";

/** What a round would do if it began now. Nothing of it is stored, but what asking costs. */
export interface SweepPreview {
  /** All that the targets name: each is asked, recent, left out or beyond the limit. */
  readonly machines: number;
  /** `machines` by platform; `other` are those that none of our profiles is for. */
  readonly platforms: Readonly<Record<string, number>>;
  /** Machines that the round would send something; what follows is about these. */
  readonly asked: number;
  /** Machines that the sweep has reached lately, by `notCollectedWithin`. */
  readonly recent: number;
  /** Machines that the setting SCOPE or a missing profile leaves out. */
  readonly leftOut: number;
  /** Machines for which the limit of the definition leaves no place. */
  readonly beyondLimit: number;
  /** Those that have reported lately; the others are held until they do. */
  readonly awake: number;
  /** Machines that need an approval before they are sent anything. */
  readonly needApproval: number;
  /** Calls to Defender for those that are awake, and the most sessions at once. */
  readonly calls: number;
  readonly sessions: number;
  /** When the window opens (ISO 8601); null if it is open. */
  readonly opensAt: string | null;
  /** Until the last of those that are awake has ended, in minutes, the closed window included. */
  readonly estimatedMinutes: number;
  /** True if the round expires before that: then it does not reach all of them. */
  readonly expiresFirst: boolean;
  /**
   * Machines that the query names, rows of its answer that name none, and machines that it names
   * and Defender does not list, null if not all were looked at; null without a query.
   */
  readonly query: {
    readonly named: number;
    readonly odd: number;
    readonly notListed: number | null;
  } | null;
  /** Machines of Defender's list that were looked at. */
  readonly looked: number;
  /** False if the tenant has more: then every figure is at least so much. */
  readonly complete: boolean;
  /** Why not all were looked at; null if all were. */
  readonly why: Hindrance | null;
}

export type Previewed =
  | { readonly kind: "previewed"; readonly preview: SweepPreview }
  | { readonly kind: "unavailable"; readonly detail: string };

/**
 * Of the calls of a minute, which suffice for 160,000 machines; look-ups of incidents keep the
 * others. Our own bound.
 */
const SHARE_OF_READS = 0.8;

/**
 * No page but the first is asked for later than this. The host ends a request after 230 s, a page
 * may take 30 of them, and a query before it 200. Our own bound.
 */
const LISTS_FOR_MS = 90_000;

/** The machines by what would become of them. */
interface Tally {
  asked: number;
  recent: number;
  leftOut: number;
  beyondLimit: number;
  awake: number;
  needApproval: number;
  readonly platforms: Map<string, number>;
}

/**
 * Lists the tenant's machines as a round would, and counts. `unavailable` if Defender gives no page
 * at all, or no answer to the query; if it gives some pages, they are counted.
 */
export async function previewSweep(
  ports: SweepPorts,
  settings: SweepSettings,
  sweep: SweepRecord,
): Promise<Previewed> {
  const { limits } = settings;
  const { name, definition, rounds, last } = sweep;
  const untilMs = ports.clock.monotonicMs() + LISTS_FOR_MS;
  const hunted = await huntTargets(ports, limits, definition.targets);
  if (hunted.kind === "hindered") return { kind: "unavailable", detail: hunted.detail };
  const { queried, odd } = hunted;
  // The round that would begin now, so that what it would not ask is not counted as asked.
  const round = { name, number: rounds + 1, definition, counts: { targeted: 0 } };
  const known = await knownMachines(ports, round);
  const nowMs = ports.clock.earliest();
  const counting = { definition, settings, known, nowMs };
  const tally = nothingCounted();
  const unlisted = new Set(queried);
  const listed = await eachMachine(ports, settings, untilMs, (machine) => {
    unlisted.delete(machine.machineId);
    if (isTarget(machine, definition.targets, queried, nowMs)) count(tally, machine, counting);
  });
  if (listed.looked === 0 && listed.why !== null) {
    return { kind: "unavailable", detail: listed.why.detail };
  }
  const { platforms, ...counts } = tally;
  const budget = (await loadReadableBudget(ports.ledger))?.value ?? null;
  const complete = listed.why === null;
  const notListed = complete ? unlisted.size : null;
  const preview = {
    machines: counts.asked + counts.recent + counts.leftOut + counts.beyondLimit,
    platforms: Object.fromEntries(platforms),
    ...counts,
    calls: counts.awake,
    ...estimateOf(counts.awake, definition, { budget, last }, { ...limits, nowMs }),
    opensAt: isoOrNull(opensAtMs(definition.window, nowMs)),
    query: queried === null ? null : { named: queried.size, odd, notListed },
    ...listed,
    complete,
  };
  return { kind: "previewed", preview };
}

/** Gives each machine that Defender lists; returns how many, and why not all if it were not. */
async function eachMachine(
  ports: SweepPorts,
  { limits }: Pick<SweepSettings, "limits">,
  untilMs: number,
  take: (machine: Machine) => void,
): Promise<Pick<SweepPreview, "looked" | "why">> {
  let looked = 0;
  let after: string | null = null;
  do {
    const page = await askPage(ports, limits, after, SHARE_OF_READS);
    if ("code" in page) return { looked, why: page };
    for (const machine of page.machines) take(machine);
    looked += page.machines.length;
    after = page.next;
  } while (after !== null && ports.clock.monotonicMs() < untilMs);
  const detail = `The tenant has more machines than lrq can look at in ${LISTS_FOR_MS / 1_000} s.`;
  return { looked, why: after === null ? null : { code: "time", detail } };
}

interface Counting {
  readonly definition: SweepRecord["definition"];
  readonly settings: SweepSettings;
  /** Machines that the round would not ask, by their ids. */
  readonly known: ReadonlyMap<string, unknown>;
  readonly nowMs: number;
}

/** A round asks in the order of the list, and who can be sent nothing uses up no limit. */
function count(tally: Tally, machine: Machine, counting: Counting): void {
  const { definition, settings, known, nowMs } = counting;
  const word = ours(machine.platform) ?? "other";
  tally.platforms.set(word, (tally.platforms.get(word) ?? 0) + 1);
  const sends = known.has(machine.machineId)
    ? "recent"
    : (profileFor(machine, definition, settings, nowMs) ?? "leftOut");
  if (typeof sends === "string") tally[sends] += 1;
  else if (tally.asked === definition.limit) tally.beyondLimit += 1;
  else {
    tally.asked += 1;
    if (isAwake(machine, nowMs)) tally.awake += 1;
    const { profile, verdict } = sends;
    if (verdict.kind === "needsApproval" || profile.approvals !== undefined) {
      tally.needApproval += 1;
    }
  }
}

function nothingCounted(): Tally {
  const none = { asked: 0, recent: 0, leftOut: 0, beyondLimit: 0, awake: 0, needApproval: 0 };
  return { ...none, platforms: new Map() };
}
