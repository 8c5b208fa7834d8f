import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Random } from "../../shared/ports.ts";
import type { Stranger } from "./scenario.ts";
import { between, chance, oneOf, stream } from "./streams.ts";
import type { Post } from "./tenant.ts";
import type { TenantAction } from "./tenant-action.ts";
import type { World } from "./world.ts";

type Disguised = Omit<Post, "ours" | "requestor">;

/** A machine is often busy, and there is not always something to copy. */
const TRIES = 8;
const TRY_AGAIN_MS = [2_000, 40_000] as const;

/**
 * Lets strangers in the tenant start actions with marks of ours. They see what Defender lists, and
 * guess what it does not list yet.
 */
export function startStrangers(world: World): void {
  const { scenario, clock, startMs, tenant } = world;
  const random = stream(scenario.seed, "disguises");
  const tries = (stranger: Stranger, left: number): void => {
    const requestor = stranger.isNamesake ? "lrq" : "other";
    const post = disguised(world, random, stranger);
    const before = tenant.actions.length;
    if (post !== null) tenant.submit({ ...post, ours: false, requestor }, null);
    if (tenant.actions.length > before || left === 0) return;
    clock.at(clock.nowMs() + between(random, ...TRY_AGAIN_MS), () => tries(stranger, left - 1));
  };
  for (const stranger of scenario.strangers) {
    clock.at(startMs + stranger.atMs, () => tries(stranger, TRIES));
  }
}

function disguised(world: World, random: Random, { disguise }: Stranger): Disguised | null {
  const { tenant, clock, judge } = world;
  const listed = tenant.actions.filter((each) => {
    // One that vanishes leaves nothing that could tell its copy from it.
    return each.ours && each.listedAtMs <= clock.nowMs() && each.vanishesAtMs === Infinity;
  });
  const records = [...judge.ledger.records.values()];
  switch (disguise) {
    case "ahead":
    case "zero":
      return withMarkOf(world, random, disguise, records.filter(isWaiting));
    case "guess":
      return withMarkOf(world, random, disguise, records.filter(isUnderWay));
    case "elsewhere":
    case "otherwise":
    case "replay":
      return listed.length === 0 ? null : copyOf(world, random, disguise, oneOf(random, listed));
  }
}

function isWaiting({ state }: SequenceRecord): boolean {
  return state === "waiting";
}

function isUnderWay({ state }: SequenceRecord): boolean {
  return state === "claimed" || state === "unconfirmed";
}

function withMarkOf(
  world: World,
  random: Random,
  disguise: "ahead" | "zero" | "guess",
  records: readonly SequenceRecord[],
): Disguised | null {
  if (records.length === 0) return null;
  const { sequenceId, part, attempt, machineId, parts } = oneOf(random, records);
  const next = { ahead: attempt + 1, zero: 0, guess: attempt }[disguise];
  const nonce = disguise === "guess" && chance(random, 0.5) ? `~${random.id()}` : "";
  return {
    machineId: disguise === "zero" ? anyMachine(world, random) : machineId,
    commands: parts[part] ?? [],
    comment: `[lrq:${sequenceId}.${part}.${next}]${nonce} windows-triage@1`,
  };
}

function copyOf(
  world: World,
  random: Random,
  disguise: "elsewhere" | "otherwise" | "replay",
  { machineId, commands, comment }: TenantAction,
): Disguised {
  return {
    machineId: disguise === "elsewhere" ? anyMachine(world, random) : machineId,
    commands: disguise === "otherwise" ? OTHER_COMMANDS : commands,
    comment,
  };
}

const OTHER_COMMANDS = [{ type: "RunScript", scriptName: "wipe.sh", args: "--all" }] as const;

function anyMachine({ scenario }: World, random: Random): string {
  return oneOf(random, scenario.machines).machineId;
}
