import type { Known } from "../../access/authenticate.ts";
import { teamOf } from "../../access/caller.ts";
import { whyNotProfile } from "../../access/authorize.ts";
import type { AuditFacts } from "../../evidence/audit.ts";
import { readBody } from "../../incident/read-body.ts";
import type { Problem } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { FIRST_HEAD } from "../../ledger/run/chain-head.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadSweep } from "../../store/load-sweeps.ts";
import { transact, usual } from "../../store/transact.ts";
import { hashOfDefinition, parseDefinition, type Definition } from "../../sweep/definition.ts";
import { isPast, isSameSchedule } from "../../sweep/due.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";
import { undecidedFacts } from "./drop-due.ts";
import type { SweepPorts } from "./ports.ts";
import { reopened } from "./reopen-due.ts";

/** What came of a definition that was sent. */
export type Applied =
  | { readonly kind: "applied"; readonly sweep: SweepRecord; readonly isNew: boolean }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  | { readonly kind: "badBody" | "forbidden"; readonly detail: string }
  /** Somebody has changed it since the sender read it. */
  | { readonly kind: "changed"; readonly detail: string };

interface Asked {
  readonly name: string;
  readonly rawBody: Uint8Array;
  readonly who: Pick<Known, "caller" | "objectId">;
  /** The hash of the definition that the sender means to replace; null replaces any. */
  readonly replaces: string | null;
}

/**
 * Applies a definition as a whole. A new sweep is paused until somebody resumes it. Rounds that are
 * open go on as they began. If the schedule stays the same, what is due and not decided yet starts
 * under the new definition: who applies often keeps no round from starting. If it changes, the log
 * says what was still due by the schedule before, and the new one is due from now on. The caller
 * has to be allowed to use its profiles. Refused: a schedule whose only due time has passed, unless
 * it is the one that is there.
 */
export async function applySweep(
  ports: Pick<SweepPorts, "ledger" | "clock" | "random" | "log">,
  catalogue: Catalogue,
  { name, rawBody, who, replaces }: Asked,
): Promise<Applied> {
  const body = readBody(rawBody);
  if (body.kind !== "read") return { kind: "badBody", detail: body.problem.message };
  const parsed = parseDefinition(body.json, name, catalogue);
  if (parsed.kind === "invalid") return parsed;
  const definition = parsed.value;
  const barred = whyNotUse(definition, catalogue, who);
  if (barred !== null) return { kind: "forbidden", detail: barred };
  const hash = hashOfDefinition(definition);
  return await transact(ports, usual(`sweep ${name}`), async (tx): Promise<Applied> => {
    const before = await loadSweep(tx, name);
    const there = before === null || before.value.deleted ? null : before.value;
    // Also if it was deleted: what became of its machines is kept under the name.
    if (before !== null && before.value.team !== teamOf(who.caller) && !who.caller.all) {
      return { kind: "forbidden", detail: `The name ${name} is taken; choose another one.` };
    }
    if (replaces !== null && there?.hash !== replaces) {
      return { kind: "changed", detail: `Somebody has changed ${name}: read it again first.` };
    }
    if (there?.hash === hash) return { kind: "applied", sweep: there, isNew: false };
    const nowMs = ports.clock.earliest();
    const stays = there !== null && isSameSchedule(there.definition.schedule, definition.schedule);
    if (!stays && isPast(definition.schedule, nowMs)) return invalid([pastProblem(nowMs)]);
    const applied = sweepAfter(before?.value ?? null, { definition, hash, who, nowMs });
    const sweep = stays ? applied : await reopened(tx, applied, nowMs);
    const acting = { by: who.caller.name, atMs: nowMs };
    const dropped = stays || there === null ? [] : droppedFacts(there, acting);
    changeSweep(tx, before, sweep, [
      ...dropped,
      factOfSweep("sweepApplied", { ...acting, detail: hash }),
    ]);
    return { kind: "applied", sweep, isNew: there === null };
  });
}

/** What is still due by the schedule that is replaced; nothing is if the sweep is paused. */
function droppedFacts(
  there: SweepRecord,
  acting: { readonly by: string; readonly atMs: number },
): AuditFacts[] {
  if (there.paused) return [];
  return undecidedFacts(there, "the schedule was changed before a round started", acting);
}

function pastProblem(nowMs: number): Problem {
  const message = `Send an instant after now, ${isoOf(nowMs)}, or leave out the schedule.`;
  return { path: "schedule.once", message };
}

function whyNotUse(
  { profiles }: Definition,
  catalogue: Catalogue,
  { caller }: Asked["who"],
): string | null {
  for (const profile of profiles) {
    const isPinned = catalogue.get(profile)?.profile.pinned ?? true;
    const why = whyNotProfile(caller, { source: "generic", profile, isPinned });
    if (why !== null) return why;
  }
  return null;
}

function sweepAfter(
  before: SweepRecord | null,
  applied: {
    readonly definition: Definition;
    readonly hash: string;
    readonly who: Asked["who"];
    readonly nowMs: number;
  },
): SweepRecord {
  const { definition, hash, who, nowMs } = applied;
  const atMs = Math.floor(nowMs);
  const isThere = before !== null && !before.deleted;
  return {
    v: 1,
    rounds: 0,
    open: [],
    stalled: [],
    last: null,
    audit: FIRST_HEAD,
    decidedAtMs: atMs,
    startedAheadMs: [],
    ...before,
    name: definition.name,
    definition,
    hash,
    team: before?.team ?? teamOf(who.caller),
    by: who.caller.name,
    objectId: who.objectId,
    appliedAtMs: atMs,
    paused: isThere ? before.paused : true,
    deleted: false,
  };
}
