import type { MachineAction } from "../../shared/ledger/sequence/machine-action.ts";
import { parametersOf, type Command } from "../../shared/plan/command/command.ts";
import type { Random } from "../../shared/ports.ts";
import type { ScenarioMachine, Span, TenantRules } from "./scenario.ts";
import { between, chance, whole } from "./streams.ts";

/**
 * Everything that will become of an action, decided when it is created; a cancel can change it.
 * Epoch milliseconds.
 */
export interface TenantAction {
  readonly id: string;
  readonly ours: boolean;
  readonly requestor: string;
  readonly machineId: string;
  readonly comment: string | null;
  readonly commands: readonly Command[];
  readonly createdAtMs: number;
  /** From when on lists and GET show it. */
  readonly listedAtMs: number;
  /** From when on nobody knows it any more. */
  readonly vanishesAtMs: number;
  /** When its first command starts; past `pendingUntilMs` it never does. */
  readonly startAtMs: number;
  readonly pendingUntilMs: number;
  /** Defender's word for one whose machine did not come by then. */
  readonly neverCame: TenantRules["neverCame"];
  /** When each command ends, and which one fails or hangs. */
  readonly endsAtMs: readonly number[];
  readonly bad: { readonly index: number; readonly how: "fails" | "hangs" } | null;
  /** Between the end of its last command and the end of the action. */
  readonly tailMs: number;
  readonly oddStatus: string | null;
  cancelAtMs: number;
}

/** Draws the life of an action on a machine. */
export function newAction(
  facts: Pick<TenantAction, "id" | "ours" | "requestor" | "comment" | "commands" | "createdAtMs">,
  machine: ScenarioMachine,
  rules: TenantRules,
  at: { random: Random; startMs: number },
): TenantAction {
  const { random } = at;
  const { createdAtMs, commands } = facts;
  const readyAtMs = createdAtMs + between(random, 500, 8_000);
  const startAtMs = onlineAtMs(machine.offline, readyAtMs - at.startMs) + at.startMs;
  let clockMs = startAtMs;
  const endsAtMs = commands.map(() => (clockMs += between(random, ...rules.commandMs)));
  const fails = chance(random, rules.failing);
  const hangs = chance(random, rules.timingOut);
  const index = whole(random, 0, Math.max(0, commands.length - 1));
  return {
    ...facts,
    machineId: machine.machineId,
    listedAtMs: createdAtMs + between(random, 0, rules.listLagMs),
    vanishesAtMs: chance(random, rules.vanishing) ? createdAtMs + 200_000 : Infinity,
    startAtMs,
    pendingUntilMs: createdAtMs + rules.pendingMs,
    neverCame: rules.neverCame,
    endsAtMs,
    bad: fails || hangs ? { index, how: fails ? "fails" : "hangs" } : null,
    tailMs: between(random, 0, 12_000),
    oddStatus: chance(random, rules.odd) ? "Synchronizing" : null,
    cancelAtMs: Infinity,
  };
}

/** The first instant from `fromMs` on at which the machine is reachable. */
function onlineAtMs(offline: readonly Span[], fromMs: number): number {
  return offline.reduce((at, [from, until]) => (at >= from && at < until ? until : at), fromMs);
}

/** When and how the action ends, if nothing more happens to it. */
export function endOf(action: TenantAction): { atMs: number; status: string } {
  const { startAtMs, pendingUntilMs, cancelAtMs, endsAtMs, bad, tailMs } = action;
  if (cancelAtMs < Math.min(startAtMs, pendingUntilMs)) {
    return { atMs: cancelAtMs, status: "Cancelled" };
  }
  if (startAtMs >= pendingUntilMs) return { atMs: pendingUntilMs, status: action.neverCame };
  const stopsAtMs = bad === null ? (endsAtMs.at(-1) ?? startAtMs) : (endsAtMs[bad.index] ?? 0);
  if (cancelAtMs < stopsAtMs + tailMs) {
    // What runs is let finish; a cancel that comes in the tail changes only the word.
    const running = endsAtMs.find((atMs) => atMs > cancelAtMs) ?? cancelAtMs;
    return { atMs: Math.min(running, stopsAtMs + tailMs), status: "Cancelled" };
  }
  const status = bad === null ? "Succeeded" : bad.how === "fails" ? "Failed" : "TimeOut";
  return { atMs: stopsAtMs + tailMs, status };
}

export function isOpen(action: TenantAction, nowMs: number): boolean {
  return nowMs < endOf(action).atMs && nowMs < action.vanishesAtMs;
}

/** True if some command of it has begun by then. */
export function hasRun(action: TenantAction, nowMs: number): boolean {
  return action.startAtMs < Math.min(nowMs, endOf(action).atMs);
}

/** The action as Defender would describe it at `asOfMs`. */
export function described(action: TenantAction, asOfMs: number): MachineAction {
  const { id, machineId, comment, requestor, createdAtMs } = action;
  return {
    id,
    status: statusAt(action, asOfMs),
    comment,
    requestor,
    machineId,
    createdAtMs,
    updatedAtMs: Math.min(asOfMs, endOf(action).atMs),
    commands: action.commands.map((command, index) => commandAt(action, command, index, asOfMs)),
  };
}

function statusAt(action: TenantAction, asOfMs: number): string {
  const end = endOf(action);
  if (asOfMs >= end.atMs) return end.status;
  if (asOfMs < action.startAtMs) return "Pending";
  return action.oddStatus ?? "InProgress";
}

/** A command's own status: one that a fault or a cancel kept from running stays Created. */
export function commandAt(
  action: TenantAction,
  command: Command,
  index: number,
  asOfMs: number,
): MachineAction["commands"][number] {
  const end = endOf(action);
  const seenMs = Math.min(asOfMs, end.atMs);
  const startsAtMs = index === 0 ? action.startAtMs : (action.endsAtMs[index - 1] ?? 0);
  const endsAtMs = action.endsAtMs[index] ?? 0;
  const after = action.bad !== null && index > action.bad.index;
  const began = !after && startsAtMs < seenMs;
  const ended = began && endsAtMs <= seenMs;
  const isBad = action.bad?.index === index;
  const hangs = isBad && action.bad?.how === "hangs";
  return {
    index,
    type: command.type,
    parameters: parametersOf(command),
    status: !ended || hangs ? "Created" : isBad ? "Failed" : "Completed",
    startedAtMs: began ? Math.floor(startsAtMs) : null,
    endedAtMs: ended && !hangs ? Math.floor(endsAtMs) : null,
    errors: ended && isBad ? ["it broke"] : [],
  };
}
