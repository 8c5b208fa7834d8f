import type { SubmissionAnswer } from "../ledger/sequence/submission.ts";
import type { Command } from "../plan/command/command.ts";
import { MAX_ANSWER_BYTES, tokenTrouble } from "./ask.ts";
import { before } from "../http/deadline.ts";
import type { LeaveWithin } from "../http/one-request.ts";
import { classifySubmission } from "./classify.ts";
import { liveResponseCall } from "./live-response.ts";
import type { DefenderOptions } from "./options.ts";
import { exchange, jsonBody } from "./request.ts";
import type { Tokens } from "./token.ts";

interface SubmitOptions extends Pick<DefenderOptions, "nowMs" | "timeouts"> {
  readonly root: string;
  readonly tokens: Tokens;
}

/** One part of a sequence, for one POST. */
interface Post {
  readonly machineId: string;
  readonly commands: readonly Command[];
  readonly comment: string;
}

/**
 * Posts one part of a sequence, once. It first gets the token and the connection; right before it
 * writes, it asks whether the POST may still leave. `notSent` is certain: nothing of it was
 * written. Throws as `liveResponseCall` does.
 */
export async function submit(
  options: SubmitOptions,
  { machineId, commands, comment }: Post,
  leaveWithinMs: LeaveWithin,
): Promise<SubmissionAnswer> {
  const { path, json } = liveResponseCall(machineId, commands, comment);
  const { tokens, nowMs } = options;
  const { submitMs } = options.timeouts;
  const signal = AbortSignal.timeout(submitMs);
  let token: string;
  try {
    token = await before(soonerOf(submitMs, leaveWithinMs()), tokens.current());
  } catch (error) {
    return { kind: "notSent", detail: tokenTrouble(error) };
  }
  const exchanged = await exchange({
    method: "POST",
    url: `${options.root}${path}`,
    token,
    body: jsonBody(json),
    signal,
    maxBytes: MAX_ANSWER_BYTES,
    leaveWithinMs,
  });
  if (exchanged.kind === "notSent") return exchanged;
  if (exchanged.kind === "silence") return { kind: "unknown", detail: exchanged.detail };
  if (exchanged.answer.status === 401) tokens.forget(token);
  return classifySubmission(exchanged.answer, nowMs());
}

function soonerOf(...ms: readonly number[]): AbortSignal {
  return AbortSignal.timeout(Math.max(0, Math.ceil(Math.min(...ms))));
}
