import type {
  HttpHandler,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
} from "@azure/functions";
import {
  codeOf,
  Contended,
  CustodyTrouble,
  isOutOfReach,
  MAX_BODY_BYTES,
  openApp,
  statusOf,
  type App,
  type Caller,
  type Log,
  type RawRequest,
  type ReachedRun,
  type ReachedSequence,
  type Refused,
  type Right,
} from "../shared/app.ts";
import { notConfigured, problem } from "./answer.ts";
import { conditional } from "./conditional.ts";
import { leaveUnread, readAtMost } from "./request-body.ts";

/** Bytes to read of a body: one more than it may have, so that a body that is too large is seen. */
const BODY_BYTES_READ = MAX_BODY_BYTES + 1;

/** A log that writes one JSON line for each decision into the log of this invocation. */
export function logOf(context: InvocationContext): Log {
  return (level, event, fields = {}) => {
    context[level](JSON.stringify({ event, ...fields }));
  };
}

/** The request for the workflows. Its body is read when they ask for it, up to its limit. */
export function rawRequest(request: HttpRequest): RawRequest {
  const { headers, query } = request;
  let body: Promise<Uint8Array> | null = null;
  return {
    headers: { get: (name) => headers.get(name) },
    query: { get: (name) => query.get(name), entries: () => query.entries() },
    body: async () => await (body ??= readAtMost(request, BODY_BYTES_READ)),
  };
}

const LOCKED_DOWN =
  "LOCKDOWN is set: lrq refuses every request, and starts and cancels nothing at Defender. " +
  "Somebody who can change the app's settings can turn it off.";

/**
 * A handler that has the app. It answers 503 if settings are wrong, storage is out of reach, or
 * others kept writing the same rows: a sender that tries again loses nothing. Any other exception
 * is a bug, and a 500 whose id is in the log.
 */
export function withApp(
  act: (app: App, request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const opened = openApp();
    if (opened.kind === "wrong") return notConfigured(opened.problems);
    if (opened.app.lockdown) return lockedDown(context);
    try {
      return conditional(request, await act(opened.app, request, context));
    } catch (error) {
      context.error(error);
      return answerToThrown(error, context);
    } finally {
      leaveUnread(request);
    }
  };
}

function lockedDown(context: InvocationContext): HttpResponseInit {
  logOf(context)("warn", "refused", { kind: "locked-down", route: context.functionName });
  return problem("locked-down", LOCKED_DOWN);
}

function answerToThrown(error: unknown, context: InvocationContext): HttpResponseInit {
  if (isOutOfReach(error)) {
    logOutOfReach(error, context);
    const detail =
      "lrq could not reach storage, or storage did not answer; send the request again.";
    return problem("unavailable", detail);
  }
  if (error instanceof Contended) {
    const detail = "Other requests kept changing the same rows; send the request again.";
    return problem("unavailable", detail);
  }
  const { invocationId: id } = context;
  const what = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
  const isCustody = error instanceof CustodyTrouble;
  logOf(context)("error", isCustody ? "custodyTrouble" : "unforeseen", { id, what });
  const detail =
    "This should not happen. The log of the app has the details under this id; tell its operator.";
  return problem("unforeseen", detail, { id });
}

/** A caller that was let in, and what its request has besides. */
export interface Calling {
  readonly name: string;
  readonly who: Caller;
  readonly log: Log;
  readonly rawBody: Uint8Array;
  readonly invocationId: string;
}

export type Act<T> = (app: App, request: HttpRequest, calling: T) => Promise<HttpResponseInit>;

/** A handler for known callers with `right`, null for all of them; the others are refused. */
export function forCallers(right: Right | null, act: Act<Calling>): HttpHandler {
  return withApp(async (app, request, context) => {
    const raw = rawRequest(request);
    const log = logOf(context);
    const admitted = await app.admit(raw, right);
    if (admitted.kind !== "admitted") {
      // A caller that is not known or may not do this leaves a line here, and nothing in storage.
      log("warn", "refused", { right, ...admitted });
      return refusal(admitted);
    }
    const { name } = admitted.caller;
    const { invocationId } = context;
    const who = { ...admitted, kind: "caller" as const };
    const rawBody = await raw.body();
    const answer = await act(app, request, { name, who, log, rawBody, invocationId });
    const { status = 200 } = answer;
    if (status >= 400) log("warn", "refused", { right, kind: String(status), by: name });
    return answer;
  });
}

/** The answer to a request whose caller is not known, or may not do this or not now. */
export function refusal({
  kind,
  detail,
  retryAfterSeconds,
}: Omit<Refused, "by"> & { readonly retryAfterSeconds?: number }): HttpResponseInit {
  if (retryAfterSeconds === undefined) return problem(kind, detail);
  return problem(kind, detail, {}, { "retry-after": String(retryAfterSeconds) });
}

/**
 * The same about the run in the address, for callers whose rights reach it. A run of another team
 * is answered like one that does not exist.
 */
export function forRun(
  right: Right,
  act: Act<Calling & { readonly run: ReachedRun }>,
): HttpHandler {
  return forCallers(right, async (app, request, calling) => {
    const run = await app.reachRun(calling.who.caller, request.params["runId"] ?? "");
    if (run === null) return noSuchRun();
    return await act(app, request, { ...calling, run });
  });
}

/** The same for what cannot be shown or done for a part of a run. */
export function forWholeRun(
  right: Right,
  act: Act<Calling & { readonly runId: string }>,
): HttpHandler {
  return forRun(right, async (app, request, calling) => {
    const { run } = calling;
    if (!run.isWhole) return problem("forbidden", NOT_WHOLE);
    return await act(app, request, { ...calling, runId: run.runId });
  });
}

/** For the sequence in the address, if the caller's rights reach it. */
export function forSequence(
  right: Right,
  act: Act<Calling & { readonly sequence: ReachedSequence }>,
): HttpHandler {
  return forCallers(right, async (app, request, calling) => {
    const id = request.params["sequenceId"] ?? "";
    const sequence = await app.reachSequence(calling.who.caller, id);
    if (sequence === null) return problem("not-found", "There is no sequence with this id.");
    return await act(app, request, { ...calling, sequence });
  });
}

/** For what belongs to all teams together. */
export function forEveryTeam(right: Right, act: Act<Calling>): HttpHandler {
  return forCallers(right, async (app, request, calling) => {
    if (!calling.who.caller.all) return problem("forbidden", NOT_EVERY_TEAM);
    return await act(app, request, calling);
  });
}

const NOT_WHOLE =
  "The run has sequences with profiles that you may not use, and this needs the whole run.";
const NOT_EVERY_TEAM = 'This is about the runs of every team; the caller needs "all": true.';

export function noSuchRun(): HttpResponseInit {
  return problem("not-found", "There is no run with this id.");
}

/**
 * The app for triggers that no caller uses. Throws with everything that is wrong, for the host's
 * log.
 */
function appOrThrow(): App {
  const opened = openApp();
  if (opened.kind === "app") return opened.app;
  const problems = opened.problems.map(({ path, message }) => `${path}: ${message}`);
  throw new Error(`the settings are wrong: ${problems.join("; ")}`);
}

/**
 * What a message or a timer starts. It throws what `act` throws, so that the host tries again, and
 * says so in the log if that is because of storage.
 */
export async function onTrigger(
  context: InvocationContext,
  act: (app: App, log: Log) => Promise<unknown>,
): Promise<void> {
  try {
    await act(appOrThrow(), logOf(context));
  } catch (error) {
    if (isOutOfReach(error)) logOutOfReach(error, context);
    throw error;
  }
}

function logOutOfReach(error: unknown, context: InvocationContext): void {
  const [status, code] = [statusOf(error), codeOf(error)];
  logOf(context)("error", "storageOutOfReach", { status, code, route: context.functionName });
}
