import { areClaimsFull, claimOf, type Claim } from "../../ledger/sequence/claims.ts";
import type { Misfit } from "../../ledger/sequence/impersonation.ts";
import type { ActionCommand, MachineAction } from "../../ledger/sequence/machine-action.ts";
import { markIn, markOf, nonceIn, sameMark, type Mark } from "../../ledger/sequence/mark.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { parametersOf, type Command } from "../../plan/command/command.ts";
import type { Limits } from "../pace/limits.ts";
import { longestGuardMs } from "../pace/list-lag.ts";

/** Whose an action is. An impersonation has a mark of the sequence, and `why` does not fit. */
export type Owner =
  | { readonly kind: "ours" | "foreign" }
  | { readonly kind: "impersonation"; readonly why: Misfit };

/**
 * What tells the actions of a sequence: its record, or the glance at it in the budget. The glance
 * has no commands, and knows only the present attempt.
 */
export type Attempts = Pick<
  SequenceRecord,
  "sequenceId" | "machineId" | "part" | "attempt" | "claims" | "claimedAtMs" | "actionId"
> &
  Partial<Pick<SequenceRecord, "attempts" | "parts" | "acceptedAtMs" | "unmarked">>;

/** What is known of our actions as such: what Defender calls us; empty while nothing is known. */
export interface Known {
  readonly requestors: readonly string[];
  readonly limits: Limits;
}

/** What Defender says of an action; null is what it does not say, and that fits everything. */
export type Sighting = Omit<MachineAction, "status" | "updatedAtMs">;

/**
 * Defender dates actions by its own clock (seen 0.8 s early); this is far more than two clocks
 * differ.
 */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * Decides whose an action is. It is ours only if everything fits: the mark, the nonce of the claim,
 * the machine, the commands, the time, the requestor where that is known. All that reads marks asks
 * here. Anybody in the tenant can write a mark, and can copy one with its nonce once its action
 * exists; so an attempt has one action, the first.
 */
export function ownerOf(known: Attempts, action: Sighting, about: Known): Owner {
  const mark = action.comment === null ? unwritten(known, action) : markIn(action.comment);
  if (mark === null || mark.sequenceId !== known.sequenceId) return { kind: "foreign" };
  const why = misfitOf(known, mark, action, about);
  if (why === null) return { kind: "ours" };
  return action.comment === null ? { kind: "foreign" } : { kind: "impersonation", why };
}

/** True if it is the action of the present attempt. */
export function isPresent(known: Attempts, action: Sighting, about: Known): boolean {
  const isOther = action.comment !== null && !sameMark(markIn(action.comment), markOf(known));
  return !isOther && ownerOf(known, action, about).kind === "ours";
}

/** The action of the present attempt: the oldest, if several fit. */
export function presentIn<A extends Sighting>(
  known: Attempts,
  actions: readonly A[],
  about: Known,
): A | null {
  const own = actions.filter((each) => each.comment !== null && isPresent(known, each, about));
  const createdAtMs = (each: A) => each.createdAtMs ?? Infinity;
  return own.toSorted((a, b) => createdAtMs(a) - createdAtMs(b))[0] ?? null;
}

/** Defender may leave out the comment; then the answer to the POST says whose the action may be. */
function unwritten(known: Attempts, { id }: Sighting): Mark | null {
  return id === known.actionId ? markOf(known) : null;
}

function misfitOf(
  known: Attempts,
  mark: Mark,
  action: Sighting,
  { requestors, limits }: Known,
): Misfit | null {
  const claim = claimOf(known, mark);
  if (claim === null && !mayBeClaimed(known, mark)) return "attempt";
  if (action.comment !== null) {
    if (nonceIn(action.comment) !== (claim?.nonce ?? null)) return "nonce";
    const only = onlyActionOf(known, mark, claim);
    if (only !== null && only !== action.id) return "second";
    // Defender gave this id to the very POST that brought the nonce, or all of it fitted before.
    if (claim !== null && only === action.id) return null;
  }
  if (action.machineId !== null && action.machineId !== known.machineId) return "machine";
  if (!fitsCommands(known.parts?.[mark.part], action.commands)) return "commands";
  if (!isWithin(spanOf(known, mark, claim, limits), action.createdAtMs)) return "time";
  const isStranger = requestors.length > 0 && !requestors.includes(action.requestor ?? "");
  return isStranger && action.requestor !== null ? "requestor" : null;
}

/** True if an older version of the app may have made the attempt: it keeps no list of claims. */
function mayBeClaimed(known: Attempts, { part, attempt }: Mark): boolean {
  if (attempt < 1 || part > known.part || areClaimsFull(known)) return false;
  return part < known.part || attempt <= Math.max(known.attempt, known.attempts ?? 0);
}

/** The action of the attempt, if it is known. */
function onlyActionOf(known: Attempts, mark: Mark, claim: Claim | null): string | null {
  if (claim !== null && claim.actionId !== null) return claim.actionId;
  return sameMark(mark, markOf(known)) && known.unmarked === false ? known.actionId : null;
}

/** Without the record's commands nothing is wrong with them. */
function fitsCommands(
  wanted: readonly Command[] | undefined,
  listed: readonly ActionCommand[],
): boolean {
  if (wanted === undefined) return true;
  return listed.every(({ index, type, parameters }) => {
    const command = wanted[index];
    if (command === undefined || (type !== null && type !== command.type)) return false;
    return parameters === null || sameParameters(parameters, parametersOf(command));
  });
}

function sameParameters(
  listed: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string>>,
): boolean {
  const names = new Set([...Object.keys(listed), ...Object.keys(sent)]);
  return [...names].every((name) => (listed[name] ?? "").trim() === (sent[name] ?? "").trim());
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** From the claim until nobody expects the action any more. */
function spanOf(known: Attempts, mark: Mark, claim: Claim | null, limits: Limits): Span {
  const isNow = sameMark(mark, markOf(known));
  const claimedAtMs = claim?.atMs ?? known.claimedAtMs;
  // The first attempts of an older version of the app left no time.
  const fromMs = claim?.atMs ?? (isNow ? known.claimedAtMs : known.acceptedAtMs) ?? 0;
  const untilMs = (claimedAtMs ?? Infinity) + longestGuardMs(limits);
  return { fromMs: fromMs - CLOCKS_DIFFER_MS, untilMs: untilMs + CLOCKS_DIFFER_MS };
}

function isWithin({ fromMs, untilMs }: Span, atMs: number | null): boolean {
  return atMs === null || (atMs >= fromMs && atMs <= untilMs);
}
