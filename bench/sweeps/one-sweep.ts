import type { Caller } from "../../shared/access/caller.ts";
import type { Defender, LedgerReads, Ports } from "../../shared/ports.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { loadRound, loadSweep } from "../../shared/store/load-sweeps.ts";
import type { Definition } from "../../shared/sweep/definition.ts";
import type { RoundRecord } from "../../shared/sweep/round.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { advanceSweeps } from "../../shared/workflow/sweep/advance.ts";
import { applySweep } from "../../shared/workflow/sweep/apply-sweep.ts";
import { previewSweep, type SweepPreview } from "../../shared/workflow/sweep/preview-sweep.ts";
import type { SweepPorts, SweepSettings } from "../../shared/workflow/sweep/ports.ts";
import { startRound } from "../../shared/workflow/sweep/steer-sweep.ts";
import { CATALOGUE } from "../drain/backlog.ts";
import { SHIPPED } from "../shipped-limits.ts";

const NAME = "bench";
const BY = { name: NAME, by: "bench" };
/** Machines on a page of Defender's list. */
const PAGE = 2_000;

const CALLER: Caller = {
  name: "bench",
  all: false,
  may: ["incident.submit", "sweep.manage"],
  sources: ["generic"],
  profiles: null,
  callbacks: [],
  callbackSecret: [],
};

const DEFINITION = {
  name: NAME,
  title: "All machines",
  profiles: ["sweep-put"],
  targets: { include: [{ names: ["*"] }] },
  // A round that falls short would owe a message, and nobody listens here.
  coverage: null,
};

const MANY = 1_000_000;
const SETTINGS: SweepSettings = {
  limits: SHIPPED,
  expiryMs: 30 * 86_400_000,
  catalogue: CATALOGUE,
  routing: { rules: [] },
  scope: {},
  policy: null,
  approvalMs: 3_600_000,
  callers: [CALLER],
  caps: { perIncident: MANY, perCallerDay: MANY, perDay: MANY },
};

/** What of its definition a measure chooses: a share of the calls, and if it likes, when it may. */
export interface Manner extends Pick<Definition, "share"> {
  /** Thirty days if absent. */
  readonly expires?: string;
  /** Always if absent. */
  readonly window?: Definition["window"];
}

/** Applies a sweep over all machines in this manner, and starts its one round. */
export async function beginRound(
  ports: Pick<Ports, "ledger" | "clock" | "random" | "log">,
  { share, expires = "30d", window = null }: Manner,
): Promise<void> {
  const definition = { ...DEFINITION, share, expires, window };
  const rawBody = new TextEncoder().encode(JSON.stringify(definition));
  const who = { caller: CALLER, objectId: null };
  const asked = { name: NAME, rawBody, who, replaces: null };
  const applied = await applySweep(ports, CATALOGUE, asked);
  const started = await startRound(ports, CATALOGUE, BY);
  if (applied.kind !== "applied" || started.kind !== "done") throw new Error("no round began");
}

/** Starts the next round of it. */
export async function beginAgain(ports: TickPorts): Promise<void> {
  const started = await startRound(ports, CATALOGUE, BY);
  if (started.kind !== "done") throw new Error("no round began");
}

/** What a round would do if it began now. */
export async function preview(ports: TickPorts): Promise<SweepPreview> {
  const sweep = await loadSweep(ports.ledger, NAME);
  if (sweep === null) throw new Error("no sweep");
  const came = await previewSweep(sweepPorts(ports), SETTINGS, sweep.value);
  if (came.kind !== "previewed") throw new Error(came.detail);
  return came.preview;
}

type TickPorts = Omit<SweepPorts, "countedCommits" | "lookUpPayments">;

/** What the timer does with sweeps at each tick. */
export async function tickSweeps(ports: TickPorts): Promise<void> {
  await advanceSweeps(sweepPorts(ports), SETTINGS);
}

function sweepPorts(ports: TickPorts): SweepPorts {
  const countedCommits = createCountedCommits(ports);
  return { ...ports, countedCommits, lookUpPayments: createLookUpPayments(ports, SHIPPED) };
}

/** The round of this number, as it is now. */
export async function theRound(ledger: LedgerReads, number = 1): Promise<RoundRecord> {
  const round = await loadRound(ledger, NAME, number);
  if (round === null) throw new Error("no round");
  return round.value;
}

/** Defender's list of these machines, all of which have just reported. */
export function pagesOf(
  machineIds: readonly string[],
  nowMs: () => number,
): Defender["listMachines"] {
  return async (after) => {
    const from = Number(after ?? 0);
    const machines = machineIds.slice(from, from + PAGE).map((machineId, at) => ({
      machineId,
      name: `pc-${from + at}.contoso.example`,
      platform: "linux" as const,
      tags: [],
      group: null,
      health: "Active",
      onboarded: true,
      lastSeenAtMs: nowMs(),
      mergedInto: null,
    }));
    const next = from + PAGE < machineIds.length ? String(from + PAGE) : null;
    return { kind: "answered", value: { machines, next } };
  };
}
