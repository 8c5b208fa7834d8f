import type { Known } from "../../access/authenticate.ts";
import { teamOf } from "../../access/caller.ts";
import { whyNotProfile } from "../../access/authorize.ts";
import { readBody } from "../../incident/read-body.ts";
import type { Problem } from "../../incident/problem.ts";
import { FIRST_HEAD } from "../../ledger/run/chain-head.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import { changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadSweep } from "../../store/load-sweeps.ts";
import { transact, usual } from "../../store/transact.ts";
import { hashOfDefinition, parseDefinition, type Definition } from "../../sweep/definition.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";
import type { SweepPorts } from "./ports.ts";

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
 * open go on as they began. The caller has to be allowed to use its profiles.
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
    const sweep = sweepAfter(before?.value ?? null, { definition, hash, who, nowMs });
    const fact = factOfSweep("sweepApplied", { atMs: nowMs, by: who.caller.name, detail: hash });
    changeSweep(tx, before, sweep, [fact]);
    return { kind: "applied", sweep, isNew: there === null };
  });
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

/** What was due before it was applied is not made up. */
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
    decidedAtMs: Math.max(atMs, before?.decidedAtMs ?? 0),
  };
}
