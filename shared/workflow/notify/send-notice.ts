import type { Caller } from "../../access/caller.ts";
import { approversOf } from "../../access/reach.ts";
import { judgeAnswer, type Judgement } from "../../callback/judge-answer.ts";
import type { RunFacts } from "../../callback/message.ts";
import { callbackRequest } from "../../callback/request.ts";
import { recipientOf } from "../../callback/targets.ts";
import { deadKey, noticeKey } from "../../ledger/row/keys.ts";
import type { CallbackBell } from "../../ledger/outbox/message.ts";
import {
  noticeSchema,
  OF_NO_RUN,
  type CallbackTarget,
  type DeadNotice,
  type Notice,
} from "../../ledger/outbox/notice.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import { awaiting } from "../../ledger/run/approval.ts";
import { countsOf } from "../../ledger/run/counts.ts";
import { stateOf, type RunRecord } from "../../ledger/run/run.ts";
import { isSealed, wantsSeal } from "../../ledger/run/seal.ts";
import type { Ports } from "../../ports.ts";
import { changeRun } from "../../store/change-run.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { sealRun } from "../../store/seal-run.ts";
import { loadRun, loadSequence, unchanged } from "../../store/load.ts";
import { commitOnce, transact, usual, type Transaction } from "../../store/transact.ts";
import { sendOfNoRun, type CallBackSettings } from "./send-news.ts";

type CallBackPorts = Pick<Ports, "ledger" | "bells" | "callbacks" | "clock" | "random" | "log">;

/**
 * The result of a message of `callbacks`. `stale`: the notice has already been sent or given up.
 * `setAside`: it needs a row that cannot be read here, so it stays owed.
 */
export type CalledBack = Judgement["kind"] | "stale" | "setAside";

/**
 * Sends one notice once, and records the result. If it stops between the two, the notice is sent
 * again with the same id: at least once. Throws if storage is out of reach; then the poll rings
 * again.
 */
export async function callBack(
  ports: CallBackPorts,
  settings: CallBackSettings,
  bell: CallbackBell,
): Promise<CalledBack> {
  const sends = () => sendOnce(ports, settings, bell);
  return await unlessSetAside(ports, "setAside" as const, sends);
}

async function sendOnce(
  ports: CallBackPorts,
  settings: CallBackSettings,
  bell: CallbackBell,
): Promise<CalledBack> {
  const key = noticeKey(bell.dueAtMs, bell.noticeId);
  const row = await ports.ledger.read(key);
  if (row === null) return "stale";
  const notice = valueOf(noticeSchema, row);
  if (notice.runId === OF_NO_RUN) return await sendOfNoRun(ports, settings, { key, row, notice });
  const run = await loadToTell(ports, notice);
  const judgement = await tell(ports, settings, notice, run.value);
  if (judgement === "ended") return await drop(ports, row, run);
  const { runId, event, tries } = notice;
  ports.log(judgement.kind === "dead" ? "error" : "info", "calledBack", {
    runId,
    notice: event,
    noticeId: notice.noticeId,
    tries: tries + 1,
    came: judgement.kind,
    ...("said" in judgement ? { said: judgement.said } : {}),
  });
  await record(ports, { key, etag: row.etag, notice }, judgement);
  return judgement.kind;
}

/** The run; sealed before it is told that it has finished, if all of it can be read. */
async function loadToTell(
  ports: CallBackPorts,
  { runId, event }: Notice,
): Promise<Stored<RunRecord>> {
  const before = await loadRun(ports.ledger, runId);
  if (before !== null && event === "run.finished" && wantsSeal(before.value)) {
    await unlessSetAside(ports, null, () => sealRun(ports, runId));
  } else if (before !== null) return before;
  const run = await loadRun(ports.ledger, runId);
  if (run === null) throw new Error(`run ${runId} is gone`);
  return run;
}

async function tell(
  ports: CallBackPorts,
  { callers, rules, waitsMs }: CallBackSettings,
  notice: Notice,
  run: RunRecord,
): Promise<Judgement | "ended"> {
  const target = targetOf(run, notice);
  if (target === null) return { kind: "dead", said: "the run no longer has this target" };
  // The target asked for nothing more of this run while this notice was on its way.
  if (target.endedAtMs !== null) return "ended";
  const recipient = recipientOf(target, run, callers, rules);
  if (recipient.kind === "nobody") return { kind: "dead", said: recipient.why };
  const facts = await factsFor(ports, callers, notice, run);
  const request = callbackRequest(recipient.to, facts, ports.clock.earliest());
  const answer = await ports.callbacks.send(request);
  return judgeAnswer(answer, notice.tries + 1, ports.clock.earliest(), waitsMs);
}

/**
 * Gives the notice up, because the run says so. If the run has changed meanwhile, its target may
 * want to be told again. Then the notice stays, and the poll rings for it.
 */
async function drop(
  ports: CallBackPorts,
  { key, etag }: { readonly key: string; readonly etag: string },
  run: Stored<RunRecord>,
): Promise<CalledBack> {
  const isDropped = await commitOnce(ports, [{ op: "delete", key, etag }, unchanged(run)]);
  return isDropped ? "ended" : "stale";
}

async function factsFor(
  { ledger }: CallBackPorts,
  callers: readonly Caller[],
  notice: Notice,
  run: RunRecord,
): Promise<RunFacts> {
  const { noticeId, event, about, atMs, runId, sequenceId } = notice;
  const { records } = await listSequences(ledger, run);
  const { total, ...counts } = countsOf(records);
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  return {
    noticeId,
    event,
    about,
    atMs,
    runId,
    mayApprove: about?.kind === "approval" ? approversOf(callers, run, awaiting(records)) : [],
    source: run.source,
    incidentId: run.incidentId,
    state: stateOf(run),
    counts: Object.fromEntries(present),
    total,
    skipped: run.skipped.length,
    custody: run.custody,
    seal: isSealed(run) ? (run.seal?.hash ?? null) : null,
    sequence: sequenceId === null ? null : await endedSequence(ledger, sequenceId),
  };
}

async function endedSequence(
  ledger: Ports["ledger"],
  sequenceId: string,
): Promise<RunFacts["sequence"]> {
  const stored = await loadSequence(ledger, sequenceId);
  if (stored === null) throw new Error(`${sequenceId} is gone`);
  const { machineId, machineName, state, outcome, results } = stored.value;
  const count = (of: string) => results.filter((each) => each.state === of).length;
  return {
    sequenceId,
    machineId,
    machineName,
    state,
    outcome: outcome?.code ?? null,
    results: { stored: count("stored"), unavailable: count("unavailable") },
  };
}

/** The notice's next row, or none; and on the run, the result of the delivery to its target. */
async function record(
  ports: CallBackPorts,
  row: { key: string; etag: string; notice: Notice },
  judgement: Judgement,
): Promise<void> {
  const { runId } = row.notice;
  await transact(ports, usual(`run ${runId}`), async (tx) => {
    // If its row is gone, somebody else tried, too, and recorded their result.
    if (tx.lost !== null && (await tx.read(row.key))?.etag !== row.etag) return;
    const run = await loadRun(tx, runId);
    if (run === null) throw new Error(`run ${runId} is gone`);
    tx.stage([{ op: "delete", key: row.key, etag: row.etag }]);
    stageOutcome(tx, run, { notice: row.notice, judgement, nowMs: ports.clock.earliest() });
  });
}

function stageOutcome(
  tx: Transaction,
  run: Stored<RunRecord>,
  { notice, judgement, nowMs }: { notice: Notice; judgement: Judgement; nowMs: number },
): void {
  const tries = notice.tries + 1;
  const atMs = Math.floor(nowMs);
  switch (judgement.kind) {
    case "delivered":
      changeRun(tx, run, heard(run.value, notice, { delivered: { atMs, tries } }));
      return;
    case "ended":
      changeRun(tx, run, heard(run.value, notice, { endedAtMs: atMs }));
      return;
    case "again": {
      const body: Notice = { ...notice, tries, said: judgement.said };
      const key = noticeKey(judgement.dueAtMs, notice.noticeId);
      tx.stage([{ op: "insert", key, body }]);
      return;
    }
    case "dead": {
      const host = targetOf(run.value, notice)?.host ?? "";
      const body: DeadNotice = { ...notice, tries, said: judgement.said, host, diedAtMs: atMs };
      const key = deadKey(notice.runId, notice.noticeId);
      tx.stage([{ op: "insert", key, body }]);
    }
  }
}

/** The run after the notice's target got it. */
function heard(run: RunRecord, { targetId }: Notice, what: Partial<CallbackTarget>): RunRecord {
  const callbacks = run.callbacks.map((each) =>
    each.targetId === targetId ? { ...each, ...what } : each,
  );
  return { ...run, callbacks };
}

function targetOf(run: RunRecord, { targetId }: Notice): CallbackTarget | null {
  return run.callbacks.find((each) => each.targetId === targetId) ?? null;
}
