import type { AuditFacts } from "../../evidence/audit.ts";
import { RATE_TOKEN_PAUSED_KEY } from "../../ledger/row/keys.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import { loadBudget, loadReadableBudget } from "../../store/load.ts";
import { dropPauseNote, notePause } from "../../store/pause-note.ts";
import { ringForReady } from "../../store/ring.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { persistent, transact } from "../../store/transact.ts";

type PausePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/**
 * Stops all submissions of the tenant. No POST leaves later than the send fence (2 s) after this
 * returns: a claim commits against the budget this writes, and a POST that is later than the fence
 * is not sent.
 */
export async function pause(
  ports: PausePorts,
  by: { readonly by: string; readonly why: string },
): Promise<void> {
  const event = { event: "paused", by: by.by, detail: by.why } as const;
  const paused = await unlessSetAside(ports, null, () =>
    changePaused(ports, event, (budget, atMs) => ({ ...budget, paused: { ...by, atMs } })),
  );
  // This version submits nothing; a claim of a version that can read the budget reads the note with
  // it.
  if (paused === null) await notePause(ports.ledger, { v: 1, ...by, atMs: ports.clock.earliest() });
  ports.log("warn", "paused", { by: by.by, why: by.why });
}

/** A caller's name has no blank, so nobody is called like this. */
const BY_SETTING = { by: "the setting PAUSED", why: "PAUSED is on in the settings of the app." };

/**
 * Pauses because the setting PAUSED is on, unless lrq is paused already. Whoever wants to go on
 * switches the setting off, and then resumes.
 */
export async function pauseBySetting(ports: PausePorts): Promise<void> {
  const budget = await loadReadableBudget(ports.ledger);
  // A note is a pause whoever wrote it, also one that this version cannot read.
  const found =
    budget === null ? await ports.ledger.read(RATE_TOKEN_PAUSED_KEY) : budget.value.paused;
  if (found === null) await pause(ports, BY_SETTING);
}

/**
 * Lets submissions go on, and rings for what is ready. False if the budget cannot be read here:
 * then nothing is changed.
 */
export async function resume(ports: PausePorts, limits: Limits, by: string): Promise<boolean> {
  const event = { event: "resumed", by, detail: "" } as const;
  const resumed = await unlessSetAside(ports, null, () =>
    changePaused(ports, event, (budget) => ({ ...budget, paused: null, bellDueAtMs: 0 })),
  );
  if (resumed === null) return false;
  ports.log("warn", "resumed", { by });
  await ringForReady(ports, limits, { why: "released" });
  return true;
}

/** A pause must win against any number of claims; it loses at most one race to each. */
async function changePaused(
  ports: PausePorts,
  { event, by, detail }: Pick<AuditFacts, "event" | "by" | "detail">,
  change: (budget: Budget, nowMs: number) => Budget,
): Promise<true> {
  return await transact(ports, persistent("the budget"), async (tx) => {
    const budget = await loadBudget(tx);
    const atMs = ports.clock.earliest();
    const fact = factAbout(event, [], { atMs, by, detail });
    changeBudget(tx, budget, change(budget.value, atMs), [fact]);
    await dropPauseNote(tx);
    return true as const;
  });
}
