import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../lrq/command/stop.ts";
import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";
import { applyChange, isAsPlanned, type Outcome } from "./apply-change.ts";
import type { LibraryAsked, LibrarySurroundings } from "./asked.ts";
import { look, unread } from "./look.ts";
import type { TenantLibrary } from "./open-library.ts";
import type { Change, ChangePlan } from "./plan-changes.ts";
import { planBody, planLines } from "./status.ts";

/** How often the last list is asked for until it shows every change, and the time between. */
const LOOKS_MAX = 3;
const LOOK_AGAIN_MS = 5_000;

/** The library that is changed, and the plan by which it is. */
interface Work {
  readonly tenant: TenantLibrary;
  readonly plan: ChangePlan;
}

/** How it ended; `outcomes` are those of the first changes, the others were not begun. */
interface Applied {
  readonly exitCode: ExitCode;
  readonly why: string | null;
  readonly outcomes: readonly Outcome["kind"][];
}

/**
 * `lrq library apply`: shows the plan, asks, and makes the tenant's library as it is pinned.
 * Refused without somebody to ask or `--yes`, with another plan than the approved one, and if
 * somebody else has changed a file since it was listed.
 */
export async function apply(
  asked: LibraryAsked,
  around: LibrarySurroundings,
  tenant: TenantLibrary,
): Promise<ExitCode> {
  if (!asked.yes && around.confirm === undefined) {
    throw new UsageError("nobody can be asked here: add --yes to apply without a question");
  }
  const looked = await look(asked.folder, tenant);
  if (looked.kind === "unread") {
    around.complain(looked.why);
    return looked.exitCode;
  }
  const { plan } = looked;
  if (!asked.json) for (const line of planLines(plan)) around.say(line);
  const applied =
    (await refusal(asked, around, { tenant, plan })) ??
    (await makeChanges(asked, around, { tenant, plan }));
  if (applied.why !== null) around.complain(applied.why);
  if (asked.json) around.say(JSON.stringify(bodyOf(plan, applied)));
  return applied.exitCode;
}

/** Why nothing is changed; null if all changes may be made. */
async function refusal(
  { plan: approved, yes }: LibraryAsked,
  { confirm }: LibrarySurroundings,
  { tenant, plan }: Work,
): Promise<Applied | null> {
  const { changes, problems, hash } = plan;
  if (problems.length > 0)
    return nothing(EXIT.failed, `Nothing was changed. ${problems.join(" ")}`);
  if (approved !== null && approved !== hash) {
    return nothing(EXIT.refused, `Nothing was changed. The plan is not the approved one: ${hash}`);
  }
  if (changes.length === 0) return nothing(EXIT.done, null);
  if (!yes && (await confirm?.(`Make ${changes.length} changes? [y/N] `)) !== true) {
    return nothing(EXIT.refused, "Nothing was changed.");
  }
  const listed = await tenant.list();
  if (listed.kind !== "answered") {
    const { why, exitCode } = unread(listed);
    return nothing(exitCode, why);
  }
  const moved = changes.find((change) => !isAsPlanned(change, listed.value));
  if (moved === undefined) return null;
  return nothing(EXIT.refused, `Nothing was changed. Somebody else has changed ${moved.name}.`);
}

function nothing(exitCode: ExitCode, why: string | null): Applied {
  return { exitCode, why, outcomes: [] };
}

/** Makes one change after the other, until one cannot be made; then looks whether all is so. */
async function makeChanges(
  { folder, json }: LibraryAsked,
  { say }: LibrarySurroundings,
  { tenant, plan }: Work,
): Promise<Applied> {
  const outcomes: Outcome["kind"][] = [];
  const bytesOf = (change: Change) => pinnedBytes(folder, change);
  for (const change of plan.changes) {
    const outcome = await applyChange(tenant, change, () => bytesOf(change));
    outcomes.push(outcome.kind);
    if (outcome.kind !== "done") {
      const why = `${change.does} ${change.name}: ${outcome.why} Nothing further was changed.`;
      return { exitCode: EXIT_OF[outcome.kind], why, outcomes };
    }
    if (!json) say(`done     ${change.does} ${change.name}`);
  }
  return { ...(await lastLook(folder, tenant)), outcomes };
}

const EXIT_OF = {
  conflict: EXIT.refused,
  refused: EXIT.refused,
  unreachable: EXIT.unreachable,
  wrong: EXIT.failed,
} as const;

/** No page says that a change is listed at once. */
async function lastLook(folder: string, tenant: TenantLibrary): Promise<Omit<Applied, "outcomes">> {
  for (let looks = 1; ; looks += 1) {
    const looked = await look(folder, tenant);
    if (looked.kind === "unread") return looked;
    const [open] = looked.plan.changes;
    if (open === undefined) return { exitCode: EXIT.done, why: null };
    if (looks === LOOKS_MAX) {
      const why = `Defender took every change, and still does not list ${open.name} as pinned.`;
      return { exitCode: EXIT.failed, why };
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** The bytes of the folder, if they are still those of the pin. Throws a sentence if not. */
function pinnedBytes(folder: string, { name, pin }: Change): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(join(folder, name)));
  if (createHash("sha256").update(bytes).digest("hex") === pin?.sha256) return bytes;
  throw new Error(`${name} has changed in the folder meanwhile`);
}

function bodyOf(plan: ChangePlan, { exitCode, why, outcomes }: Applied) {
  const { changes, ...body } = planBody(plan);
  const told = changes.map(({ does, name, sha256, listed }, at) => {
    return { does, name, sha256, listed, outcome: outcomes[at] ?? null };
  });
  return { ...body, changes: told, exitCode, why };
}
