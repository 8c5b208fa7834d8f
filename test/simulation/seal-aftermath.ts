import { createHash } from "node:crypto";
import { z } from "zod";
import { bySequence, decisionChains } from "../../local/lrq/custody-folder.ts";
import { checkEndings } from "../../local/lrq/verify-ends.ts";
import { checkStatements } from "../../local/lrq/verify-seals.ts";
import { checkStory } from "../../local/lrq/verify-story.ts";
import { auditRecordSchema, type AuditRecord } from "../../shared/evidence/audit.ts";
import { custodyEntrySchema } from "../../shared/evidence/custody.ts";
import { decisionIn } from "../../shared/evidence/decision.ts";
import { statementSchema, type Statement } from "../../shared/evidence/statement.ts";
import { runSchema, type RunRecord } from "../../shared/ledger/run/run.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import { readSeals } from "../../shared/workflow/view/read-seals.ts";
import type { Court } from "./invariants.ts";
import type { World } from "./world.ts";

const pieceSchema = z.object({ text: z.string() });
const linkSchema = z.object({ hash: z.string() });
const ZEROS = "0".repeat(64);

/** Judges, when everything has ended, whether a run is sealed, and its seals are what there is. */
export async function checkSealsOf(world: World, runId: string): Promise<void> {
  const { court, memory, scenario, judge } = world;
  const before = runSchema.parse((await memory.read(`run!${runId}`))?.body);
  // Whoever knows no seals leaves a run without one, until it is written again or somebody asks.
  const mayLack = scenario.versions.mixed;
  if (!mayLack && !covers(before)) court.fail("sealed", `run ${runId} is not sealed as it stands`);
  if (!covers(before)) {
    // No host need have heard of the service's clock by now.
    const ports = { ledger: memory, clock: world.clock, random: world.hostRandom, log: () => {} };
    await readSeals(ports, runId);
  }
  const run = runSchema.parse((await memory.read(`run!${runId}`))?.body);
  if (!covers(run)) return court.fail("sealed", `run ${runId} cannot be sealed`);
  const last = await checkSeals(world, run);
  const records = [...judge.ledger.records.values()].filter((each) => each.runId === runId);
  if (last !== null) checkDecisions(world, last);
  if (last !== null) checkStoryOf(world, last);
  if (last !== null && linesOf(last) !== recordLines(records)) {
    court.fail("sealed", `the seal of ${runId} says ${linesOf(last)}, not ${recordLines(records)}`);
  }
}

/** In words of its own, so that a change of the program's shows here. */
function covers({ seal, accepted, custody }: RunRecord): boolean {
  return seal?.accepted === accepted && seal.custody.head === custody.head;
}

/** All seals of a run, one after the other; gives the last. */
async function checkSeals(world: World, run: RunRecord): Promise<Statement | null> {
  const { court, memory } = world;
  const { runId } = run;
  let previous = ZEROS;
  let last: Statement | null = null;
  for (let number = 1; number <= (run.seal?.number ?? 0); number += 1) {
    const prefix = `seal!${runId}!${String(number).padStart(6, "0")}`;
    const rows = await memory.list(`${prefix}!`, `${prefix}"`, 1_000);
    const text = rows.map(({ body }) => pieceSchema.parse(body).text).join("");
    const read = statementSchema.safeParse(rows.length === 0 ? null : JSON.parse(text));
    if (!read.success) return fail(court, `${prefix} is no statement`);
    const { seal, custody, audit } = read.data;
    if (isOpen(read.data)) return fail(court, `${prefix} is of a run that was not over`);
    if (seal?.previous !== previous) return fail(court, `${prefix} names ${seal?.previous}`);
    for (const [kind, digits, end] of [
      ["custody", 8, custody],
      ["audit", 10, audit],
    ] as const) {
      const key = `${kind}!${runId}!${String(end.count).padStart(digits, "0")}`;
      const hash = linkSchema.safeParse((await memory.read(key))?.body).data?.hash ?? ZEROS;
      if (hash !== end.head) return fail(court, `${prefix} ends at another ${kind} record`);
    }
    previous = createHash("sha256").update(text).digest("hex");
    last = read.data;
  }
  if (previous !== run.seal?.hash) return fail(court, `${runId} names another seal`);
  if (last?.custody.count !== run.custody.count) return fail(court, `${runId} has more custody`);
  return last;
}

/**
 * The chain of each sequence has every decision that the queue's log had by then. Only an older
 * version leaves a sequence without one.
 */
function checkDecisions({ court, memory, scenario }: World, last: Statement): void {
  const log = memory.rows().filter(({ key }) => key.startsWith("audit!queue!"));
  const records = log.map(({ body }) => auditRecordSchema.parse(body));
  const then = records.filter(({ number }) => number <= (last.queue?.count ?? 0));
  for (const { sequenceId, decisions } of last.sequences) {
    if (decisions === null && scenario.versions.mixed) continue;
    const hashes = decisionHashes(then, sequenceId);
    const head = hashes.at(-1) ?? ZEROS;
    if (decisions?.count !== hashes.length || decisions.head !== head) {
      const said = `${decisions?.count} ${decisions?.head}`;
      court.fail("sealed", `${sequenceId} has ${said}, and the log ${hashes.length} ${head}`);
    }
  }
}

/** In words of its own, too. */
function decisionHashes(records: readonly AuditRecord[], sequenceId: string): string[] {
  const hashes: string[] = [];
  for (const { number: queueNumber, at, event, by, detail, sequences } of records) {
    const own = sequences.filter((each) => each.sequenceId === sequenceId);
    if (own.length === 0) continue;
    const machineActionIds = own.flatMap((each) => each.machineActionId ?? []);
    const facts = { sequenceId, queueNumber, at, event, by, machineActionIds, detail };
    const link = { v: 1, number: hashes.length + 1, previous: hashes.at(-1) ?? ZEROS, ...facts };
    hashes.push(createHash("sha256").update(canonicalJson(link)).digest("hex"));
  }
  return hashes;
}

/** Whatever has happened, `lrq verify` finds no contradiction in what an export would have. */
function checkStoryOf({ court, memory }: World, last: Statement): void {
  const of = (prefix: string) => memory.rows().filter(({ key }) => key.startsWith(prefix));
  const entries = of(`custody!${last.runId}!`).map(({ body }) => custodyEntrySchema.parse(body));
  const records = of(`audit!${last.runId}!`).map(({ body }) => auditRecordSchema.parse(body));
  const queue = of("audit!queue!").map(({ body }) => auditRecordSchema.parse(body));
  const decisions = queue.flatMap((record) => {
    // A record names a sequence once for each of its actions, and is one decision all the same.
    const about = new Set(record.sequences.map(({ sequenceId }) => sequenceId));
    return [...about].flatMap((sequenceId) => decisionIn(record, sequenceId) ?? []);
  });
  const groups = bySequence(decisionChains(last, decisions));
  const told = last.sequences.filter(({ decisions: end = null }) => end !== null);
  const chains = new Map(
    told.map(({ sequenceId }) => [sequenceId, groups.get(sequenceId) ?? []] as const),
  );
  const found = (where: string, what: string) => court.fail("sealed", `${where} ${what}`);
  checkStatements({ seals: [], last }, { runId: last.runId, entries, records }, found);
  checkStory(last, entries, records, found);
  checkEndings(last, { records, chains }, found);
}

function isOpen({ finishedAt, sequences }: Statement): boolean {
  return finishedAt === null || sequences.some((each) => each.endedAt === null);
}

function fail(court: Court, detail: string): null {
  court.fail("sealed", detail);
  return null;
}

function linesOf({ sequences }: Statement): string {
  const lines = sequences.map((each) => {
    const results = each.commands.flatMap(({ result }) => (result === null ? [] : [result]));
    const ends = results.map(({ state, sha256 }) => `${state} ${sha256}`).toSorted();
    return JSON.stringify([each.sequenceId, each.state, each.outcome?.code ?? null, ends]);
  });
  return lines.join("\n");
}

function recordLines(records: readonly SequenceRecord[]): string {
  const lines = records.map(({ sequenceId, state, outcome, results }) => {
    const ends = results.map(({ state: came, sha256 }) => `${came} ${sha256}`).toSorted();
    return JSON.stringify([sequenceId, state, outcome?.code ?? null, ends]);
  });
  return lines.toSorted().join("\n");
}
