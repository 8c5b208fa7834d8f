import { createHash } from "node:crypto";
import { runSchema, type RunRecord } from "../../shared/ledger/run/run.ts";
import { SUMMARIES_KEY } from "../../shared/ledger/row/keys.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { commandAt } from "./tenant-action.ts";
import { resultText } from "./tenant.ts";
import { REQUESTER } from "./approval-judge.ts";
import { mendSummaries } from "../../shared/store/mend-summaries.ts";
import { blindUntilMs } from "./judge.ts";
import { checkRowsOf } from "./rows-aftermath.ts";
import { checkSealsOf } from "./seal-aftermath.ts";
import type { World } from "./world.ts";

const FIRST_PASS = { v: 1, after: "", passedAtMs: null };
const TERMINAL = new Set(["succeeded", "failed", "timedOut", "cancelled", "expired", "refused"]);

/**
 * What has not ended yet, in words; null when all that was accepted has, and nobody asks for more.
 */
export function unfinished(world: World): string | null {
  const { records, planned } = world.judge.ledger;
  for (const key of world.judge.notices.outbox) return `${key} is still to be sent`;
  for (const key of world.judge.gates.openings) return `${key} has moved nobody yet`;
  for (const key of world.judge.seals.owed) return `${key} is not sealed yet`;
  for (const sequenceId of planned.keys()) return `${sequenceId} has no rows of its own yet`;
  const isBlind = world.clock.nowMs() < world.startMs + blindUntilMs(world.scenario);
  const { late } = world.judge;
  const untold = isBlind ? null : late.untold(world.tenant.actions, world.clock.nowMs());
  if (untold !== null) return `nobody has told of ${untold.id} (${untold.comment})`;
  if (world.judge.library.owesList(world.clock.nowMs())) {
    return "nobody has listed the library since the last action";
  }
  for (const round of world.judge.sweeps.open()) return `${round} is open`;
  for (const record of records.values()) {
    if (!TERMINAL.has(record.state)) {
      const place = record.place === null ? "" : ` ${JSON.stringify(record.place)}`;
      return `${record.sequenceId} is ${record.state}${place}`;
    }
    if (record.results.some((each) => each.state === "owed")) {
      return `results of ${record.sequenceId} are owed`;
    }
  }
  return null;
}

/** Judges what is left when everything has ended. */
export async function checkAftermath(world: World): Promise<void> {
  const { court, judge, memory } = world;
  const records = [...judge.ledger.records.values()];
  for (const key of judge.ledger.indexKeys) court.fail("quiet", `${key} is left over`);
  for (const sequenceId of judge.promisedIds) {
    if (!judge.ledger.records.has(sequenceId)) court.fail("kept", `${sequenceId} is gone`);
  }
  for (const row of memory.rows()) {
    if (!row.key.startsWith("run!")) continue;
    checkRun(world, runSchema.parse(row.body), records);
    await checkSealsOf(world, row.key.slice("run!".length));
  }
  for (const record of records) await checkEvidence(world, record);
  for (const record of records) checkFetched(world, record);
  const ports = { ledger: memory, clock: world.clock, random: world.hostRandom, log: () => {} };
  // Whatever an older version has left out is written now, unless the last pass was just over.
  await memory.commit([{ op: "upsert", key: SUMMARIES_KEY, body: FIRST_PASS }]);
  await mendSummaries(ports);
  judge.summaries.aftermath(memory.rows());
  judge.histories.aftermath(memory.rows());
  judge.notices.aftermath();
  judge.sweeps.aftermath(records, memory.rows());
  await checkRowsOf(world, records);
  judge.strangers.aftermath(memory.rows());
  judge.late.aftermath(world.tenant.actions, memory.rows());
  judge.library.aftermath(world.tenant.actions, records);
  checkBusyness(world);
}

function checkRun(
  { court, scenario }: World,
  run: RunRecord,
  records: readonly SequenceRecord[],
): void {
  const own = records.filter((each) => each.runId === run.runId);
  checkTeam({ court, scenario }, run, own);
  if (run.open !== 0 || run.finishedAtMs === null) {
    court.fail("run", `run ${run.runId} has ended, but ${run.open} are open`);
  }
  if (run.accepted !== own.length) {
    court.fail("run", `run ${run.runId} counts ${run.accepted} of ${own.length}`);
  }
  const stored = own.flatMap((each) => each.results).filter((each) => each.state === "stored");
  if (run.custody.count !== stored.length) {
    court.fail("run", `${run.custody.count} custody entries for ${stored.length} results`);
  }
  const firsts = own.filter(({ retry }) => retry === null);
  const machines = firsts.map((each) => `${each.machineId} ${each.profile.name}`);
  if (new Set(machines).size !== machines.length) {
    court.fail("key", `run ${run.runId} collects a machine twice`);
  }
}

/** In the simulation a team has one caller, which has the name of the team. */
function checkTeam(
  { court, scenario }: Pick<World, "court" | "scenario">,
  { runId, incidentId, team, callbacks, sweep }: RunRecord,
  own: readonly SequenceRecord[],
): void {
  if (sweep !== null) return;
  const asked = scenario.arrivals.filter(
    (each) => each.incidentId === incidentId && (each.team ?? REQUESTER) === team,
  );
  const machines = new Set(asked.flatMap(({ machineIds }) => machineIds));
  const stranger = own.find(
    ({ machineId, requestedBy }) => requestedBy !== team || !machines.has(machineId),
  );
  if (stranger !== undefined) court.fail("teams", `${stranger.sequenceId} is not of ${team}`);
  const target = callbacks.find(({ caller }) => caller !== team);
  if (target !== undefined) court.fail("teams", `run ${runId} of ${team} tells ${target.caller}`);
}

async function checkEvidence(world: World, record: SequenceRecord): Promise<void> {
  for (const { state, path, sha256, actionId, index } of record.results) {
    if (state !== "stored" || path === null) continue;
    const there = await world.evidence.open(path);
    const chunks: Uint8Array[] = [];
    if (there !== null) for await (const chunk of there.content) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const hash = createHash("sha256").update(text).digest("hex");
    if (text !== resultText(actionId, index) || hash !== sha256) {
      world.court.fail("evidence", `${path} holds "${text}"`);
    }
  }
}

function checkFetched({ court, tenant, clock }: World, { results }: SequenceRecord): void {
  for (const { state, actionId, index } of results) {
    const action = tenant.actions.find(({ id }) => id === actionId);
    const command = action?.commands[index];
    if (state !== "unavailable" || action === undefined || command === undefined) continue;
    const { status } = commandAt(action, command, index, clock.nowMs());
    if (status === "Completed" && action.vanishesAtMs === Infinity) {
      court.fail("fetched", `${actionId} has result ${index}, but it was given up`);
    }
  }
}

/**
 * Invocations a piece of work may cost: each message, part, attempt, crash and result, some times
 * over.
 */
const DRAINS_PER_WORK = 6;
const DRAINS_AT_MOST_FREE = 40;

function checkBusyness(world: World): void {
  const { counts, court, scenario, tenant, judge } = world;
  const minutes = (world.clock.nowMs() - world.startMs) / 60_000;
  const work =
    tenant.actions.length +
    judge.ledger.records.size +
    world.faults.injected.length +
    scenario.operations.length +
    minutes;
  if (counts.drains > DRAINS_AT_MOST_FREE + DRAINS_PER_WORK * work) {
    court.fail("spinning", `${counts.drains} drains for ${Math.round(work)} pieces of work`);
  }
}
