import type { Caller } from "../../../shared/access/caller.ts";
import { auditRecordSchema, type AuditRecord } from "../../../shared/evidence/audit.ts";
import { end } from "../../../shared/ledger/sequence/moves.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import type { Ledger, Machine } from "../../../shared/ports.ts";
import { moveOnce } from "../../../shared/store/change-sequence.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { loadRound, loadSweep } from "../../../shared/store/load-sweeps.ts";
import type { RoundRecord } from "../../../shared/sweep/round.ts";
import type { SweepRecord } from "../../../shared/sweep/sweep.ts";
import { advanceSweeps } from "../../../shared/workflow/sweep/advance.ts";
import { applySweep, type Applied } from "../../../shared/workflow/sweep/apply-sweep.ts";
import { createCountedCommits } from "../../../shared/workflow/accept/counted-commits.ts";
import type { SweepPorts, SweepSettings } from "../../../shared/workflow/sweep/ports.ts";
import { resumeSweep, startRound } from "../../../shared/workflow/sweep/steer-sweep.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { catalogue } from "../../plan/planning.ts";
import { shippedRouting } from "../../plan/shipped.ts";
import { startAccepting } from "../accepting.ts";
import { aMachine } from "../known-machines.ts";

export const MINUTE_MS = 60_000;

const HUNTER: Caller = {
  name: "hunter",
  all: false,
  may: ["incident.submit", "sweep.manage", "sweep.read"],
  sources: ["generic"],
  profiles: null,
  callbacks: [],
  callbackSecret: [],
};

/** A definition that asks every machine for its triage. */
export const DEFINITION = {
  name: "triage",
  title: "Triage of all",
  profiles: ["windows-triage"],
  targets: { include: [{ names: ["*"] }] },
  share: 1,
  firstWave: 0,
};

/** Sweeps on a ledger in memory, whose sequences end as the test says. */
export interface Sweeping {
  readonly ports: SweepPorts;
  readonly settings: SweepSettings;
  /** What Defender lists; a test changes it. */
  readonly machines: Map<string, Machine>;
  /** The number of calls of each list that Defender has answered. */
  readonly lists: { count: number };
  /** Queries of advanced hunting: each names all machines and those that are gone. */
  readonly hunts: { count: number; tookMs: number; odd: number; gone: string[] };
  /** What was written into the log of the app. */
  readonly logged: object[];
  /** Applies a definition, and lets its schedule start rounds. */
  apply(definition?: object): Promise<Applied>;
  put(definition: object): Promise<Applied>;
  start(): Promise<number>;
  /** Looks at all sweeps so many times, a minute apart. */
  ticks(count: number, through?: Ledger): Promise<void>;
  /** Ends what was sent and has not ended. */
  endAll(how?: (record: SequenceRecord) => "succeeded" | "failed" | null): Promise<number>;
  sequences(): Promise<readonly SequenceRecord[]>;
  round(number?: number): Promise<RoundRecord>;
  sweep(): Promise<SweepRecord>;
  /** The log of the sweep: each event, and its detail. */
  log(): Promise<readonly (readonly [AuditRecord["event"], string])[]>;
  /** What the log says of due times for which no round started. */
  skipped(): Promise<readonly string[]>;
  pass(ms: number): void;
  nowMs(): number;
}

export const idOf = (number: number): string => number.toString(16).padStart(40, "0");

/** A tenant of so many Windows machines that have reported just now. */
export function startSweeping(count: number, over: Partial<SweepSettings> = {}): Sweeping {
  const limits = someLimits();
  const accepting = startAccepting({ limits });
  const { clock } = accepting.ports;
  const lists = { count: 0 };
  const hunts: Sweeping["hunts"] = { count: 0, tookMs: 0, odd: 0, gone: [] };
  const logged: object[] = [];
  const machines = new Map<string, Machine>();
  for (let number = 1; number <= count; number += 1) machines.set(idOf(number), seen(number));
  const PAGE = 10;
  const listMachines: SweepPorts["defender"]["listMachines"] = async (after) => {
    lists.count += 1;
    const from = Number(after ?? "0");
    const some = [...machines.values()].slice(from, from + PAGE);
    const next = from + PAGE < machines.size ? `${from + PAGE}` : null;
    return { kind: "answered", value: { machines: some, next } };
  };
  const hunt: SweepPorts["defender"]["hunt"] = async () => {
    hunts.count += 1;
    accepting.pass(hunts.tookMs);
    const machineIds = [...machines.keys(), ...hunts.gone];
    const { odd } = hunts;
    return { kind: "answered", value: { kind: "machines", machineIds, odd, isCut: false } };
  };
  const ports: SweepPorts = {
    ...accepting.ports,
    log: (_, event, fields) => void logged.push({ event, ...fields }),
    defender: { ...accepting.ports.defender, listMachines, hunt },
  };
  const settings: SweepSettings = {
    limits,
    expiryMs: 72 * 3_600_000,
    catalogue,
    routing: shippedRouting(),
    scope: {},
    policy: null,
    approvalMs: 3_600_000,
    callers: [HUNTER],
    caps: { perIncident: 50, perCallerDay: 10_000, perDay: 10_000 },
    ...over,
  };
  const who = { caller: HUNTER, objectId: null };
  function seen(number: number): Machine {
    const name = `pc-${number}.contoso.example`;
    return aMachine(idOf(number), { name, health: "Active", lastSeenAtMs: clock.earliest() });
  }
  const sweeping: Sweeping = {
    ports,
    settings,
    machines,
    lists,
    hunts,
    logged,
    put: async (definition) => {
      const rawBody = new TextEncoder().encode(JSON.stringify(definition));
      const asked = { name: DEFINITION.name, rawBody, who, replaces: null };
      return await applySweep(ports, settings.catalogue, asked);
    },
    apply: async (definition = DEFINITION) => {
      const applied = await sweeping.put(definition);
      if (applied.kind === "applied") await resumeSweep(ports, { name: "triage", by: "hunter" });
      return applied;
    },
    start: async () => {
      const steered = await startRound(ports, settings.catalogue, { name: "triage", by: "hunter" });
      if (steered.kind !== "done" || steered.round === null) throw new Error("not started");
      return steered.round;
    },
    ticks: async (ticks, through = ports.ledger) => {
      for (let tick = 0; tick < ticks; tick += 1) {
        const on = { ...ports, ledger: through };
        const countedCommits = createCountedCommits(on);
        await advanceSweeps({ ...on, countedCommits }, settings);
        accepting.pass(MINUTE_MS);
      }
    },
    endAll: async (how = () => "succeeded") => {
      let ended = 0;
      for (const record of await accepting.unfolded()) {
        const state = record.state === "waiting" ? how(record) : null;
        if (state === null) continue;
        await endOne(ports, record.sequenceId, state);
        ended += 1;
      }
      return ended;
    },
    sequences: async () => await accepting.unfolded(),
    round: async (number = 1) => {
      const round = await loadRound(ports.ledger, "triage", number);
      if (round === null) throw new Error(`no round ${number}`);
      return round.value;
    },
    sweep: async () => {
      const sweep = await loadSweep(ports.ledger, "triage");
      if (sweep === null) throw new Error("no sweep");
      return sweep.value;
    },
    log: async () => {
      const rows = await ports.ledger.list("audit!sweep.triage!", "audit!sweep.triage~", 1_000);
      return rows.map(({ body }) => auditRecordSchema.parse(body)).map(lineOf);
    },
    skipped: async () => {
      const lines = await sweeping.log();
      return lines.filter(([event]) => event === "roundSkipped").map(([, detail]) => detail);
    },
    pass: (ms) => {
      accepting.pass(ms);
    },
    nowMs: () => clock.earliest(),
  };
  return sweeping;
}

const lineOf = ({ event, detail }: AuditRecord) => [event, detail] as const;

/** The ledger, whose commits wait for what is given, or fail with it. */
export function committing(
  ledger: Ledger,
  before: (changes: Parameters<Ledger["commit"]>[0]) => Promise<void>,
): Ledger {
  return {
    read: async (key) => await ledger.read(key),
    list: async (from, until, limit) => await ledger.list(from, until, limit),
    commit: async (changes) => {
      await before(changes);
      return await ledger.commit(changes);
    },
  };
}

/** Along the moves that a drain and a poll make. */
async function endOne(
  ports: SweepPorts,
  sequenceId: string,
  state: "succeeded" | "failed",
): Promise<void> {
  const nowMs = ports.clock.earliest();
  const step = async (change: (record: SequenceRecord) => SequenceRecord): Promise<void> => {
    const before = await loadSequence(ports.ledger, sequenceId);
    if (before === null) throw new Error(`${sequenceId} is gone`);
    await moveOnce(ports, { before, after: change(before.value), nowMs });
  };
  await step((record) => ({ ...record, state: "claimed", place: null, attempt: 1 }));
  await step((record) => ({ ...record, state: "submitted", submittedAtMs: nowMs, actionId: "a" }));
  await step((record) =>
    state === "failed"
      ? end(record, "failed", { code: "commandFailed", detail: "It failed." }, nowMs)
      : { ...record, state: "succeeded", endedAtMs: nowMs },
  );
}
