import { whyNotProfile } from "../../access/authorize.ts";
import type { Caller } from "../../access/caller.ts";
import { capsOf } from "../../access/caps.ts";
import type { Incident } from "../../incident/incident.ts";
import { roundKey } from "../../ledger/row/sweep-keys.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import { incidentIdOf, type Batch } from "../../ledger/sweep/batch.ts";
import type { Machine } from "../../ports.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { changeRound, sweptChange } from "../../store/change-sweep.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";
import { loadRound, loadSwept } from "../../store/load-sweeps.ts";
import { tryTransact, usual } from "../../store/transact.ts";
import { counted, type RoundRecord } from "../../sweep/round.ts";
import { machineOf, sweptIn, type MachineInHand } from "../../sweep/target.ts";
import { accept, type Acceptance, type Submission } from "../accept/accept.ts";
import { hindered } from "./hindered.ts";
import type { NotAccepted, SweepPorts, SweepSettings } from "./ports.ts";
import { BATCH_MACHINES } from "./send-machines.ts";

/**
 * Sends the machines that a round has in hand: they are accepted as an incident is, and join the
 * run of the present batch. If that was done before a crash, the answer is the same and nothing is
 * repeated. If somebody has stopped the round meanwhile, nothing is accepted: the row of the round
 * is in the same transaction.
 */
export async function acceptInHand(
  ports: SweepPorts,
  settings: SweepSettings,
  round: Stored<RoundRecord>,
): Promise<void> {
  if (round.value.inHand.length === 0) return;
  const caller = settings.callers.find(({ name }) => name === round.value.by);
  if (caller === undefined) {
    const detail = `The caller ${round.value.by}, who applied it, is not in CALLERS any more.`;
    await hindered(ports, round, { code: "notAllowed", detail });
    return;
  }
  const answer = await accept(ports, sending(settings), submissionOf(round, caller, settings));
  if (answer.kind === "accepted" || answer.kind === "nothingToDo") {
    await record(ports, round.value, sentBy(answer));
    return;
  }
  await hindered(ports, round, whyNot(answer));
}

/** A sweep has its own first wave, for all its batches. */
function sending(settings: SweepSettings): SweepSettings {
  return { ...settings, policy: null };
}

function submissionOf(
  { value: round, etag }: Stored<RoundRecord>,
  caller: Caller,
  { caps, catalogue }: SweepSettings,
): Submission {
  const { name, number, batch, definition, inHand, objectId, team } = round;
  const by = { name, round: number, batch, window: definition.window };
  const machines = inHand.map(machineOf);
  return {
    incident: incidentOf(by, `${definition.title}, round ${number}`, machines),
    caller: caller.name,
    team,
    objectId,
    asked: {
      profile: null,
      profiles: definition.profiles,
      parameters: definition.parameters,
      lane: "sweep",
    },
    idempotencyKey: null,
    requestHash: "",
    signedAtSeconds: null,
    caps: { ...capsOf(caller, caps), perIncident: BATCH_MACHINES },
    callbacks: [],
    again: false,
    whyNotUse: (profile) => {
      const isPinned = catalogue.get(profile)?.profile.pinned ?? true;
      return whyNotProfile(caller, { source: "generic", profile, isPinned });
    },
    sweep: {
      by,
      machines,
      listedAtMs: Math.min(...inHand.map(({ listedAtMs }) => listedAtMs)),
      expiresAtMs: round.expiresAtMs,
      guard: { op: "replace", key: roundKey(name, number), body: round, etag },
    },
  };
}

/** A batch as an incident; its row says `generic`, the one word that an older version knows. */
function incidentOf(by: Batch, title: string, machines: readonly Machine[]): Incident {
  const none = { url: null, asks: null, callback: null, armId: null };
  return {
    ...none,
    source: "generic",
    incidentId: incidentIdOf(by),
    title,
    severity: "informational",
    machines: machines.map(({ machineId, name, platform }) => ({ machineId, name, platform })),
    unusable: [],
  };
}

/**
 * Settles what a closing round has in hand: what is in its run was sent, and the rest is not. No
 * accept that is under way can change that, because it would have to find the round as it was.
 */
export async function settleInHand(ports: SweepPorts, round: RoundRecord): Promise<void> {
  if (round.inHand.length === 0) return;
  const { name, number, batch } = round;
  const run = await loadRun(ports.ledger, sweepRunIdOf({ name, round: number, batch }));
  const there = run === null ? [] : (await listSequences(ports.ledger, run.value)).records;
  const why = round.closed?.why === "expired" ? "expired" : "stopped";
  await record(ports, round, {
    accepted: new Map(there.map(({ machineId, sequenceId }) => [machineId, sequenceId])),
    left: { state: why, reasonOf: () => "The round sent nothing more." },
  });
}

/** What became of the machines in hand: their sequences, and how it is for the others. */
interface Sent {
  readonly accepted: ReadonlyMap<string, string>;
  readonly left: {
    readonly state: string;
    readonly reasonOf: (machine: MachineInHand) => string | null;
  };
}

type Answer = Extract<Acceptance, { kind: "accepted" | "nothingToDo" }>;

function sentBy(answer: Answer): Sent {
  const sequences = answer.kind === "accepted" ? answer.sequences : [];
  const skipped = new Map(answer.skipped.map(({ machine, reason }) => [machine, reason]));
  const reasonOf = ({ machineId, name }: MachineInHand) =>
    skipped.get(name ?? machineId) ?? skipped.get(machineId) ?? null;
  return {
    accepted: new Map(sequences.map(({ machineId, sequenceId }) => [machineId, sequenceId])),
    left: { state: "skipped", reasonOf },
  };
}

/** The machines are in the run now, or left out with a reason; none is in hand any more. */
async function record(
  ports: SweepPorts,
  sent: RoundRecord,
  { accepted, left }: Sent,
): Promise<void> {
  const { name, number } = sent;
  await tryTransact(ports, usual(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round === null || !isSame(round.value.inHand, sent.inHand)) return;
    const { inHand } = round.value;
    const ids = inHand.map(({ machineId }) => machineId).toSorted();
    const swept = await loadSwept(tx, name, ids);
    const atMs = Math.floor(ports.clock.earliest());
    const changes: RowChange[] = [];
    let { counts } = round.value;
    for (const machine of inHand) {
      const { machineId } = machine;
      const before = swept.get(machineId) ?? null;
      const reached = before?.value.reached ?? null;
      const sequenceId = accepted.get(machineId) ?? null;
      const state = sequenceId === null ? left.state : "sent";
      const detail = sequenceId === null ? left.reasonOf(machine) : null;
      counts = counted(counts, "inHand", state === "sent" ? state : { ended: state }, 1);
      const now = sweptIn(round.value, machine.name, { state, detail, reached, atMs, sequenceId });
      changes.push(...sweptChange(name, machineId, before, now));
    }
    tx.stage(changes);
    const next = { ...joined(round.value, accepted.size), counts, inHand: [], hindrance: null };
    changeRound(tx, round, { ...round.value, ...next });
  });
}

/** The batch after so many machines joined it; a full one is followed by the next. */
function joined({ batch, batchMachines, uncounted }: RoundRecord, machines: number) {
  const isNew = machines > 0 && !uncounted.includes(batch);
  const there = batchMachines + machines;
  const isFull = there >= BATCH_MACHINES;
  return {
    uncounted: isNew ? [...uncounted, batch] : uncounted,
    batch: isFull ? batch + 1 : batch,
    batchMachines: isFull ? 0 : there,
  };
}

function isSame(one: RoundRecord["inHand"], other: RoundRecord["inHand"]): boolean {
  const [a, b] = [one, other].map((each) => each.map(({ machineId }) => machineId).join(" "));
  return a === b;
}

function whyNot(answer: Exclude<NotAccepted, { kind: "nothingToDo" }>): {
  readonly code: string;
  readonly detail: string;
} {
  if (answer.kind === "invalid") {
    const problems = answer.problems.map(({ path, message }) => `${path}: ${message}`);
    return { code: "invalid", detail: problems.join(" ") };
  }
  return { code: answer.kind, detail: answer.detail };
}
