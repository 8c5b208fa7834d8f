import type { CallbackAnswer, CallbackRequest } from "../../shared/callback/answer.ts";
import type { RUN_EVENTS } from "../../shared/incident/incident.ts";
import type { Epoch } from "./hosts.ts";

/**
 * How a receiver of callbacks answers: always well; badly a few times, or not at all, and then
 * well; late; that it wants no more; never well.
 */
export const RECEIVER_KINDS = ["ok", "failing", "silent", "slow", "gone", "broken"] as const;
type ReceiverKind = (typeof RECEIVER_KINDS)[number];

/** Somebody who is told of a run, and how many tries of a notice it answers badly first. */
export interface Receiver {
  readonly url: string;
  readonly kind: ReceiverKind;
  readonly badTries: number;
  readonly events: readonly (typeof RUN_EVENTS)[number][];
}

/** What a receiver hears: one request, read by a reader of its own. */
export interface Heard {
  readonly url: string;
  readonly noticeId: string;
  readonly event: string;
  readonly runId: string;
  readonly sequenceId: string | null;
}

/** Waits between tries, in place of the hours that are shipped. */
export const WAITS_MS = [5_000, 20_000, 60_000, 120_000] as const;
/** A slow one takes this long; less than the shipped timeout of 15 s. */
const SLOW_MS = 12_000;
/** Names of the senders' side: whose secret signs, and where callbacks may go. */
export const CALLBACK_HOST = "hooks.example.com";

/** Those who are told of runs, as the wire reaches them. */
export interface Receivers {
  /** A request leaves a host. */
  leaves(request: CallbackRequest): void;
  /** How long its receiver takes to answer. */
  waitMs(request: CallbackRequest): number;
  receive(request: CallbackRequest, epoch: Epoch): CallbackAnswer;
}

/** What the judge hears of what is sent. */
export interface NoticeWitness {
  leaves(noticeId: string): void;
  heard(heard: Heard, answer: CallbackAnswer, epoch: Epoch): void;
}

/** Each answers by its kind. Throws on a request to somebody who never asked. */
export function createReceivers(all: readonly Receiver[], witness: NoticeWitness): Receivers {
  const heardBy = new Map<string, number>();
  const triesOf = new Map<string, number>();
  const of = ({ url }: CallbackRequest): Receiver => {
    const receiver = all.find((each) => each.url === url);
    if (receiver === undefined) throw new Error(`nobody is at ${url}`);
    return receiver;
  };
  return {
    leaves: (request) => witness.leaves(heardIn(request).noticeId),
    waitMs: (request) => (of(request).kind === "slow" ? SLOW_MS : 0),
    receive: (request, epoch) => {
      const heard = heardIn(request);
      const ofAll = counted(heardBy, heard.url);
      const tries = counted(triesOf, heard.noticeId);
      const answer = answerOf(of(request), tries, ofAll);
      witness.heard(heard, answer, epoch);
      return answer;
    },
  };
}

function counted(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}

/** What a request says to whom. */
function heardIn({ url, headers, body }: CallbackRequest): Heard {
  const said: { type?: unknown; data?: unknown } = { ...Object(JSON.parse(body)) };
  const data: { runId?: unknown; sequence?: { sequenceId?: unknown } } = { ...Object(said.data) };
  const sequenceId = data.sequence?.sequenceId;
  return {
    url,
    noticeId: headers["webhook-id"] ?? "",
    event: String(said.type),
    runId: String(data.runId),
    sequenceId: typeof sequenceId === "string" ? sequenceId : null,
  };
}

/** The answer to the n-th request (from 1) with one id, and of all that came. */
function answerOf({ kind, badTries }: Receiver, tries: number, ofAll: number): CallbackAnswer {
  if (kind === "gone") return answered(ofAll > badTries ? 410 : 200);
  if (kind === "broken") return answered(503);
  if (tries > badTries || kind === "ok" || kind === "slow") return answered(204);
  if (kind === "silent") return { kind: "unavailable", detail: "no answer in time" };
  return answered(500);
}

function answered(httpStatus: number): CallbackAnswer {
  return { kind: "answered", httpStatus, retryAfterMs: null };
}
