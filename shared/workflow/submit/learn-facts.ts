import type { OutcomeCode } from "../../advice/outcomes.ts";
import type { Platform } from "../../incident/incident.ts";
import { ours } from "../../incident/platform.ts";
import { sequenceIdIn } from "../../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../../ledger/row/set-aside.ts";
import { end } from "../../ledger/sequence/moves.ts";
import { move, type Stored } from "../../ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Machine, Ports } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { moveOnce } from "../../store/change-sequence.ts";
import { loadSequence } from "../../store/load.ts";
import { factsOf, lookUpEach, type LookedUp } from "../../store/look-up-machines.ts";
import { spendRead } from "../../store/spend-read.ts";
import { once, tryTransact } from "../../store/transact.ts";
import type { Lacking } from "./claim.ts";
import { lacksFacts, type Judging } from "./lacks-facts.ts";

type LearnPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

type Answers = Extract<LookedUp, { kind: "lookedUp" }>;

/** The platforms of a profile by its name; null if there is no such profile any more. */
export type PlatformsOf = (profile: string) => readonly Platform[] | null;

interface Learning extends Judging {
  readonly limits: Limits;
  readonly platformsOf: PlatformsOf;
  /** Sequences that the drain skips; those whose machines Defender does not tell of join them. */
  readonly passedOver: Set<string>;
}

/** So many machines are one call. A drain that has more comes back for them. */
const MACHINES_MAX = 20;
/** A drain skips so many for want of facts, so that it ends although thousands wait for them. */
const SKIPPED_MAX = 50;

/** False if the drain has nothing more to do here. */
export type Learn = (lacking: Lacking) => Promise<boolean>;

/**
 * For one drain: asks Defender for the machines of sequences that were accepted by the word of
 * their senders, or so long ago that the scope has to be judged anew, and writes its facts into the
 * records. The same call asks for the machines of those that come next. A sequence whose machine is
 * not what its sender said ends as refused. If Defender gives no answer, the drain skips them and
 * does not ask again.
 */
export function createLearn(
  ports: LearnPorts,
  { limits, platformsOf, passedOver, ...judging }: Learning,
): Learn {
  const pay = async (calls: number) => await spendRead(ports, limits, "machines", { calls });
  let isAnswering = true;
  let skipped = 0;
  return async ({ factless, next }) => {
    if (factless.length === 0) return true;
    const ahead = isAnswering ? await lackingAmong(ports, next, judging) : [];
    const records = [...factless, ...ahead].slice(0, MACHINES_MAX);
    const machineIds = records.map(({ value }) => value.machineId);
    const wanted = { machineIds: isAnswering ? machineIds : [], labels: [] };
    const answers = await lookUpEach(ports, { limits, by: null, pay }, wanted);
    if (isAnswering && answers.kind === "lookedUp") {
      const isSilent = ({ value }: Stored<SequenceRecord>) => answers.silent.has(value.machineId);
      const told = records.filter((each) => !isSilent(each));
      await write(ports, told, answers, platformsOf);
      for (const { value } of records.filter(isSilent)) {
        const detail = answers.silent.get(value.machineId) ?? "";
        ports.log("warn", "factsMissing", { sequenceId: value.sequenceId, detail });
        passedOver.add(value.sequenceId);
        skipped += 1;
      }
      return skipped < SKIPPED_MAX;
    }
    if (answers.kind !== "lookedUp") ports.log("warn", "factsMissing", { detail: answers.detail });
    isAnswering = false;
    for (const { value } of factless) passedOver.add(value.sequenceId);
    skipped += factless.length;
    return skipped < SKIPPED_MAX;
  };
}

/** Those of the sequences that lack facts; one that cannot be read now is left for later. */
async function lackingAmong(
  { ledger, clock }: LearnPorts,
  keys: readonly string[],
  judging: Judging,
): Promise<Stored<SequenceRecord>[]> {
  const loaded = await Promise.all(
    keys.map(async (key) => await orSetAside(loadSequence(ledger, sequenceIdIn(key)))),
  );
  const nowMs = clock.earliest();
  return loaded.flatMap((record) => {
    if (record === null || record instanceof SetAside) return [];
    const { value } = record;
    return value.state === "waiting" && lacksFacts(value, judging, nowMs) ? [record] : [];
  });
}

async function write(
  ports: LearnPorts,
  records: readonly Stored<SequenceRecord>[],
  answers: Answers,
  platformsOf: PlatformsOf,
): Promise<void> {
  const nowMs = ports.clock.earliest();
  const learned = records.map((before) => {
    const platforms = platformsOf(before.value.profile.name);
    return { before, after: withFacts(before.value, answers, platforms, nowMs) };
  });
  // Whoever loses to another writer is chosen again.
  const going = learned.filter(({ after }) => after.state === "waiting");
  const changes = going.flatMap(({ before, after }) => move(before, after));
  // Staged, because two sequences of one machine may both put its name into the history.
  await tryTransact(ports, once("facts of machines"), async (tx) => tx.stage(changes));
  for (const change of learned.filter(({ after }) => after.state !== "waiting")) {
    const facts = grouped([factOfMove(change.before.value, change.after, nowMs)]);
    await moveOnce(ports, { ...change, nowMs }, { facts });
  }
}

/** The record with Defender's facts, or ended if its commands are not for that machine. */
function withFacts(
  record: SequenceRecord,
  answers: Answers,
  platforms: readonly Platform[] | null,
  nowMs: number,
): SequenceRecord {
  const { machines, refused } = answers;
  const machine = machines.find(({ machineId }) => machineId === record.machineId);
  const why = whyNot(record, machine ?? null, platforms);
  if (machine !== undefined && why === null) {
    // A newer version of the app may know more of it.
    const machineFacts = { ...record.machineFacts, ...factsOf(machine, answers) };
    return { ...record, machineName: machine.name, machineFacts };
  }
  const detail = refused.get(record.machineId) ?? why ?? "";
  return end(record, "refused", { code: OTHER_MACHINE, detail }, nowMs);
}

/** The outcome of a sequence whose machine is not what its sender said. */
const OTHER_MACHINE: OutcomeCode = "otherMachine";

/** Why the commands may not go to the machine; null if they may. */
function whyNot(
  { machineName, approvals }: SequenceRecord,
  machine: Machine | null,
  platforms: readonly Platform[] | null,
): string | null {
  if (machine === null) return "Defender knows no machine with this id.";
  if (machine.mergedInto !== null) return `Defender has merged it into ${machine.mergedInto}.`;
  if (!machine.onboarded) return "It is not onboarded, so nothing can be started on it.";
  const platform = ours(machine.platform);
  if (platform === null) return "Defender names no system for it that lrq has profiles for.";
  if (platforms?.includes(platform) !== true) {
    return `Defender says that it runs ${platform}, and its profile is not for that.`;
  }
  const isOther = approvals.by.length > 0 && machine.name !== machineName;
  return isOther
    ? `It was approved by another name; Defender's is ${machine.name ?? "none"}.`
    : null;
}
