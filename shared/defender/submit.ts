import type { SubmissionAnswer } from "../ledger/submission.ts";
import type { Command } from "../plan/command.ts";
import { MAX_ANSWER_BYTES, tokenTrouble } from "./ask.ts";
import { before } from "../http/deadline.ts";
import { classifySubmission } from "./classify.ts";
import { liveResponseCall } from "./live-response.ts";
import type { DefenderOptions } from "./options.ts";
import { exchange } from "./request.ts";
import type { Tokens } from "./token.ts";

interface SubmitOptions extends Pick<DefenderOptions, "nowMs" | "timeouts"> {
  readonly root: string;
  readonly tokens: Tokens;
}

/**
 * Posts one part of a sequence, once. A single deadline spans token and POST, so that nothing
 * leaves later than `submitMs` after it was decided on; what could not leave in time is `notSent`.
 * Throws as `liveResponseCall` does.
 */
export async function submit(
  options: SubmitOptions,
  machineId: string,
  commands: readonly Command[],
  comment: string,
): Promise<SubmissionAnswer> {
  const { path, json } = liveResponseCall(machineId, commands, comment);
  const { tokens, nowMs } = options;
  const { submitMs } = options.timeouts;
  const startedAtMs = nowMs();
  const signal = AbortSignal.timeout(submitMs);
  let token: string;
  try {
    token = await before(signal, tokens.current());
  } catch (error) {
    return { kind: "notSent", detail: tokenTrouble(error) };
  }
  // A host that was frozen meanwhile has not seen its own timer go off.
  if (nowMs() - startedAtMs >= submitMs) {
    return { kind: "notSent", detail: "too much time passed before the call could be made" };
  }
  const url = `${options.root}${path}`;
  const call = { method: "POST", url, token, json, signal, maxBytes: MAX_ANSWER_BYTES } as const;
  const exchanged = await exchange(call);
  if (exchanged.kind === "silence") return { kind: "unknown", detail: exchanged.detail };
  if (exchanged.answer.status === 401) tokens.forget(token);
  return classifySubmission(exchanged.answer, nowMs());
}
