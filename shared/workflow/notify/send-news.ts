import type { Caller } from "../../access/caller.ts";
import { judgeAnswer, type Judgement } from "../../callback/judge-answer.ts";
import { callbackRequest } from "../../callback/request.ts";
import { followerOf, followersOf, type CallbackRules } from "../../callback/targets.ts";
import { noticeKey } from "../../ledger/row/keys.ts";
import { forTarget, owing, type Notice } from "../../ledger/outbox/notice.ts";
import { CHANGES_MAX } from "../../ledger/sequence/rows.ts";
import type { Ports } from "../../ports.ts";
import { commitOnce } from "../../store/transact.ts";
import { ringNotices } from "./ring-notices.ts";

type NewsPorts = Pick<Ports, "ledger" | "bells" | "callbacks" | "clock" | "random" | "log">;

export interface CallBackSettings {
  readonly callers: readonly Caller[];
  readonly rules: CallbackRules;
  /** The waits between tries; there is one more try than waits. */
  readonly waitsMs: readonly number[];
}

interface Owed {
  readonly key: string;
  readonly row: { readonly etag: string };
  readonly notice: Notice;
}

/**
 * Sends one notice about no run once, or gives one to each who follows it now. No run
 * keeps what becomes of it: after the last try it is only in the log.
 */
export async function sendOfNoRun(
  ports: NewsPorts,
  { callers, rules, waitsMs }: CallBackSettings,
  { key, row, notice }: Owed,
): Promise<Judgement["kind"] | "stale"> {
  const gone = { op: "delete", key, etag: row.etag } as const;
  if (notice.targetId === "") {
    const followers = followersOf(notice, callers).slice(0, CHANGES_MAX - 1);
    const owed = owing(followers.map((targetId) => forTarget(notice, targetId)));
    if (!(await commitOnce(ports, [gone, ...owed]))) return "stale";
    await ringNotices(ports);
    return "delivered";
  }
  const judgement = await tell(ports, { callers, rules, waitsMs }, notice);
  const { event, noticeId } = notice;
  const tries = notice.tries + 1;
  const said = "said" in judgement ? { said: judgement.said } : null;
  const level = judgement.kind === "dead" ? "error" : "info";
  ports.log(level, "calledBack", { notice: event, noticeId, tries, came: judgement.kind, ...said });
  if (judgement.kind !== "again") {
    return (await commitOnce(ports, [gone])) ? judgement.kind : "stale";
  }
  const body: Notice = { ...notice, tries, said: judgement.said };
  const later = { op: "insert", key: noticeKey(judgement.dueAtMs, noticeId), body } as const;
  return (await commitOnce(ports, [gone, later])) ? judgement.kind : "stale";
}

async function tell(
  ports: NewsPorts,
  { callers, rules, waitsMs }: CallBackSettings,
  notice: Notice,
): Promise<Judgement> {
  const { noticeId, event, about, atMs, tries } = notice;
  const to = followerOf(notice, callers, rules);
  if (to === null) return { kind: "dead", said: "it is no longer in CALLERS" };
  const facts = { noticeId, event, about, atMs, runId: null };
  const request = callbackRequest(to, facts, ports.clock.earliest());
  const answer = await ports.callbacks.send(request);
  return judgeAnswer(answer, tries + 1, ports.clock.earliest(), waitsMs);
}
