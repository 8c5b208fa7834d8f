import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Court } from "./invariants.ts";
import { recordsIn } from "./intake-judge.ts";
import { WAITS_MS, type Heard, type NoticeWitness, type Receiver } from "./receivers.ts";

/**
 * Counts, from records and runs as they are committed, which events every receiver is owed, and
 * compares that with what it hears.
 */
export interface NoticeJudge extends NoticeWitness {
  committed(changes: readonly RowChange[]): void;
  /** Judges what is left when everything has ended. */
  aftermath(): void;
  /** Notices that are still to be sent. */
  readonly outbox: ReadonlySet<string>;
}

/** One event for one receiver: by what is told, and the how-many-eth time it came about. */
interface Owed {
  readonly url: string;
  readonly runId: string;
  readonly what: string;
  readonly noticeId: string;
}

interface SentNotice {
  readonly what: string;
  answeredWell: boolean;
}

interface Run {
  readonly open: Set<string>;
  readonly urls: Set<string>;
  readonly goneUrls: Map<string, number>;
  isPaused: boolean;
  /** True once the library has held back a sequence of it. */
  hasDrifted: boolean;
}

/** A send that began before a 410 was recorded arrives within this, unless its host stood still. */
const ON_ITS_WAY_MS = 90_000;
const OVER = new Set(["succeeded", "failed", "timedOut", "cancelled", "expired", "refused"]);

export function createNoticeJudge(
  court: Court,
  receivers: readonly Receiver[],
  nowMs: () => number,
): NoticeJudge {
  const wants = new Map(receivers.map(({ url, events }) => [url, new Set<string>(events)]));
  const runs = new Map<string, Run>();
  const owed: Owed[] = [];
  const delivered = new Map<string, SentNotice>();
  const sent = new Map<string, number>();
  const outbox = new Set<string>();
  const dead = new Set<string>();
  const runOf = (runId: string): Run => {
    const run: Run = runs.get(runId) ?? {
      open: new Set(),
      urls: new Set(),
      goneUrls: new Map(),
      isPaused: false,
      hasDrifted: false,
    };
    runs.set(runId, run);
    return run;
  };
  const expect = (runId: string, event: string, sequenceId: string | null, rows: string[]) => {
    const { urls, goneUrls } = runOf(runId);
    for (const url of urls) {
      if (goneUrls.has(url) || wants.get(url)?.has(event) !== true) continue;
      const what = whatOf(url, runId, event, sequenceId);
      const at = rows.findIndex((each) => each.startsWith(`${what} `));
      const [row] = at === -1 ? [] : rows.splice(at, 1);
      if (row === undefined) court.fail("notified", `nobody owes ${what}`);
      else owed.push({ url, runId, what, noticeId: row.slice(what.length + 1) });
    }
  };
  return {
    outbox,
    leaves: (noticeId) => void sent.set(noticeId, (sent.get(noticeId) ?? 0) + 1),
    heard: ({ url, noticeId, event, runId, sequenceId }, answer, epoch) => {
      const what = whatOf(url, runId, event, sequenceId);
      const of: SentNotice = delivered.get(noticeId) ?? { what, answeredWell: false };
      delivered.set(noticeId, of);
      of.answeredWell ||= answer.kind === "answered" && answer.httpStatus < 300;
      if (of.what !== what) court.fail("notified", `${noticeId} told ${of.what}, then ${what}`);
      if (!owed.some((each) => each.noticeId === noticeId && each.what === what)) {
        court.fail("notified", `${what} is told with ${noticeId}, which is not owed`);
      }
      const goneAtMs = runOf(runId).goneUrls.get(url) ?? Infinity;
      const stood = epoch.frozenUntilMs > nowMs() - ON_ITS_WAY_MS;
      if (nowMs() > goneAtMs + ON_ITS_WAY_MS && !stood) {
        court.fail("notified", `${what} after its receiver wanted no more`);
      }
    },
    committed: (changes) => {
      if (receivers.length === 0) return;
      const rows: string[] = [];
      const urlsById = new Map<string, string>();
      const events: (readonly [runId: string, event: string, sequenceId: string | null])[] = [];
      const joined = new Set<string>();
      const awaited = new Set<string>();
      for (const change of changes) {
        if (change.op === "delete") outbox.delete(change.key);
        else if (change.key.startsWith("dead!")) dead.add(change.key.split("!")[2] ?? "");
        else if (change.key.startsWith("run!")) {
          noteTargets(runOf, urlsById, change, nowMs());
          const runId = change.key.slice("run!".length);
          if (nowPauses(runOf(runId), change.body)) events.push([runId, "run.paused", null]);
        }
        for (const { runId, sequenceId, isOver, isUnapproved, isDrifted } of statesIn(change)) {
          const run = runOf(runId);
          const { open } = run;
          if (isDrifted && !run.hasDrifted) events.push([runId, "run.libraryDrift", null]);
          run.hasDrifted ||= isDrifted;
          if (isUnapproved && !isOver && !open.has(sequenceId)) awaited.add(runId);
          if (isOver && open.delete(sequenceId)) {
            events.push([runId, "sequence.ended", sequenceId]);
            if (open.size === 0) events.push([runId, "run.finished", null]);
          } else if (!isOver && !open.has(sequenceId)) {
            open.add(sequenceId);
            joined.add(runId);
          }
        }
      }
      for (const change of changes) {
        if (change.op !== "insert" || !/^(?:notice|news)!/.test(change.key)) continue;
        outbox.add(change.key);
        const notice = noticeIn(change.body);
        // Nobody here follows the whole queue.
        if (notice.runId === "queue") continue;
        if (notice.tries > 0 || delivered.has(notice.noticeId)) continue;
        if (owed.some(({ noticeId }) => noticeId === notice.noticeId)) continue;
        const url = urlsById.get(notice.targetId) ?? "";
        const { runId, event, sequenceId, noticeId } = notice;
        rows.push(`${whatOf(url, runId, event, sequenceId)} ${noticeId}`);
      }
      for (const runId of joined) expect(runId, "run.accepted", null, rows);
      for (const runId of awaited) expect(runId, "run.approvalNeeded", null, rows);
      for (const [runId, event, sequenceId] of events) expect(runId, event, sequenceId, rows);
      for (const row of rows) court.fail("notified", `${row} is owed, but did not come about`);
    },
    aftermath: () => {
      for (const key of outbox) court.fail("notified", `${key} was never seen to`);
      for (const { url, runId, what, noticeId } of owed) {
        const { answeredWell = false } = delivered.get(noticeId) ?? {};
        const tries = sent.get(noticeId) ?? 0;
        const isGone = runOf(runId).goneUrls.has(url);
        const isGivenUp = dead.has(noticeId) && tries > WAITS_MS.length;
        if (answeredWell || isGone || isGivenUp) continue;
        court.fail("notified", `${what} was told ${tries} times, and never heard`);
      }
    },
  };
}

function whatOf(url: string, runId: string, event: string, sequenceId: string | null): string {
  return `${url} ${event} of ${sequenceId ?? runId}`;
}

function noteTargets(
  runOf: (runId: string) => Run,
  urlsById: Map<string, string>,
  change: Exclude<RowChange, { op: "delete" }>,
  nowMs: number,
): void {
  const run = runOf(change.key.slice("run!".length));
  const { callbacks = [] }: { callbacks?: readonly Target[] } = { ...Object(change.body) };
  for (const { targetId, url, endedAtMs } of callbacks) {
    if (url === null) continue;
    urlsById.set(targetId, url);
    run.urls.add(url);
    if (endedAtMs !== null && !run.goneUrls.has(url)) run.goneUrls.set(url, nowMs);
  }
}

interface Target {
  readonly targetId: string;
  readonly url: string | null;
  readonly endedAtMs: number | null;
}

/** True if the row of a run says for the first time that the run is paused. */
function nowPauses(run: Run, body: unknown): boolean {
  const { gate }: { gate?: { readonly state: string } | null } = { ...Object(body) };
  const wasPaused = run.isPaused;
  run.isPaused = gate?.state === "paused";
  return run.isPaused && !wasPaused;
}

interface State {
  readonly runId: string;
  readonly sequenceId: string;
  readonly isOver: boolean;
  readonly isUnapproved: boolean;
  readonly isDrifted: boolean;
}

function statesIn(change: RowChange): State[] {
  if (change.op === "delete") return [];
  const records = change.key.startsWith("intake!")
    ? recordsIn(change.body)
    : change.key.startsWith("sequence!")
      ? [Object.assign(Object({}), change.body)]
      : [];
  return records.map((record: ReturnType<typeof recordsIn>[0]) => {
    const { runId, sequenceId, state, results, approvals, libraryHold } = record;
    return {
      runId,
      sequenceId,
      isOver: OVER.has(state) && results.every((each) => each.state !== "owed"),
      isUnapproved: approvals.by.length < approvals.needed,
      isDrifted: libraryHold?.code === "libraryDrift",
    };
  });
}

function noticeIn(body: unknown): Omit<Heard, "url"> & { targetId: string; tries: number } {
  return Object.assign(Object({}), body);
}
