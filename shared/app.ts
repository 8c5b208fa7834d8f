import type { Caller, Right } from "./access/caller.ts";
import type { Config } from "./config.ts";
import { readings } from "./readings.ts";
import { sweeping } from "./sweeping.ts";
import { readSettings, type KnownParts } from "./read-settings.ts";
import type { Known } from "./access/authenticate.ts";
import { createReplays } from "./access/replays.ts";
import { createRequestRates } from "./access/request-rates.ts";
import { createPublishedKeys } from "./entra/published-keys.ts";
import { examine } from "./doctor/examine.ts";
import type { Problem } from "./incident/problem.ts";
import {
  callbackMessageSchema,
  collectMessageSchema,
  drainMessageSchema,
} from "./ledger/outbox/message.ts";
import type { Log, Ports } from "./ports.ts";
import { createPorts } from "./outside.ts";
import { createLookUpPayments } from "./store/look-up-payments.ts";
import type { ReachedRun } from "./store/reach-run.ts";
import type { ReachedSequence } from "./store/reach-sequence.ts";
import { approveRun } from "./workflow/operate/approve-run.ts";
import { callBack } from "./workflow/notify/send-notice.ts";
import { cancelAll } from "./workflow/operate/cancel-all.ts";
import { cancelRun } from "./workflow/operate/cancel-run.ts";
import { cancelSequence } from "./workflow/operate/cancel-sequence.ts";
import { collectAgain } from "./workflow/collect/collect-again.ts";
import { collect } from "./workflow/collect/collect.ts";
import { checkLibrary } from "./workflow/operate/check-library.ts";
import { drain } from "./workflow/submit/drain.ts";
import { FACTS_AGE_MS } from "./workflow/submit/lacks-facts.ts";
import { withLog } from "./workflow/submit/log-throttles.ts";
import { tellState } from "./workflow/view/tell-state.ts";
import { pause, pauseBySetting, resume } from "./workflow/operate/pause.ts";
import { replayCallbacks } from "./workflow/notify/replay-callbacks.ts";
import { createCountedCommits } from "./workflow/accept/counted-commits.ts";
import { createWatch } from "./workflow/poll/watch.ts";
import { reconcile } from "./workflow/operate/reconcile.ts";
import { receiveIncident, type ReceiveSettings } from "./workflow/accept/receive-incident.ts";
import { retrySequence } from "./workflow/accept/retry-sequence.ts";
import { resumeRun } from "./workflow/operate/resume-run.ts";
import {
  admitCaller,
  reasonIn,
  type Doorkeeping,
  type RawRequest,
} from "./workflow/accept/request.ts";

export { codeOf, isOutOfReach, statusOf } from "./azure/access.ts";
export { shippedPage } from "./shipped-page.ts";
export { CustodyTrouble } from "./evidence/custody-trouble.ts";
export { MAX_BODY_BYTES } from "./incident/read-body.ts";
export type { Problem } from "./incident/problem.ts";
export type { Right } from "./access/caller.ts";
export type { Known as Caller } from "./access/authenticate.ts";
export type { Log } from "./ports.ts";
export { SOURCES } from "./incident/incident.ts";
export { RUN_STATES } from "./ledger/run/run.ts";
export { CALLBACK_STATES } from "./workflow/view/list-callbacks.ts";
export { Contended } from "./store/contended.ts";
export type { ReachedRun } from "./store/reach-run.ts";
export type { ReachedSequence } from "./store/reach-sequence.ts";
export type { Received } from "./workflow/accept/receive-incident.ts";
export type { RoundRecord } from "./sweep/round.ts";
export type { SweepRecord } from "./sweep/sweep.ts";
export type { Steered } from "./workflow/sweep/steer-sweep.ts";
export type { RawRequest, Refused } from "./workflow/accept/request.ts";

declare const LRQ_VERSION: string | undefined;
/** Set by the build; if the source runs without a build, it has no version. */
const VERSION = typeof LRQ_VERSION === "string" ? LRQ_VERSION : "source";

declare const LRQ_COMMIT: string | undefined;
const COMMIT = typeof LRQ_COMMIT === "string" ? LRQ_COMMIT : "unknown";

export type App = ReturnType<typeof createApp>;
/** The app, or everything that is wrong with its settings and profiles. */
export type Opened =
  | { readonly kind: "app"; readonly app: App }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

let opened: Opened | null = null;

/** The one app of this process, made from its environment when it is first asked for. */
export function openApp(): Opened {
  opened ??= appFrom(process.env);
  return opened;
}

function appFrom(env: Readonly<Record<string, string | undefined>>): Opened {
  const read = readSettings(env);
  if (read.kind === "wrong") return read;
  const { config, known } = read;
  return { kind: "app", app: createApp(config, createPorts(config, env), known, examining(env)) };
}

/** What the doctor finds with the settings and the identity of the app. */
function examining(env: Readonly<Record<string, string | undefined>>) {
  return async (log: Log, { by, probe }: { by: string; probe: boolean }) => {
    log("info", "examined", { by, probe });
    const examination = { env, isApp: true, probe, nowMs: Date.now, fetch, log };
    return { version: VERSION, commit: COMMIT, findings: await examine(examination) };
  };
}

type Outside = Omit<Ports, "log">;

/**
 * Every story by name, with its ports and settings; each gets the log of the invocation that it
 * runs in.
 */
function createApp(
  config: Config,
  outside: Outside,
  known: KnownParts,
  examineApp: ReturnType<typeof examining>,
) {
  const { publicUrl } = config;
  const { lockdown, paused, entraAuthority: authority, requestsPerMinute } = config.access;
  const keys = createPublishedKeys({ authority, fetch, nowMs: Date.now });
  const door: Doorkeeping = {
    callers: known.callers,
    entra: { authority, keys },
    rates: createRequestRates(requestsPerMinute),
    replays: createReplays(),
  };
  const countedCommits = createCountedCommits(outside);
  const lookUpPayments = createLookUpPayments(outside, config.limits);
  const shared = { countedCommits, lookUpPayments };
  const receiving = receivingFor(config, known, door);
  return {
    publicUrl,
    /** True: every request is refused, and nothing changes at Defender. */
    lockdown,
    pageSignIn: config.access.pageSignIn,
    isPausedBySetting: paused,
    /** The caller if it may do `right`, or the refusal. */
    admit: (request: RawRequest, right: Right | null) =>
      admitCaller(door, request, { right }, Date.now()),
    /**
     * The reason that a person gives with a request, `{"reason": "..."}`; null if it is missing or
     * too long.
     */
    reasonIn,
    examine: examineApp,
    receiveIncident: (log: Log, request: RawRequest & { source: string }) =>
      receiveIncident({ ...withLog(outside, log), ...shared }, receiving, request, Date.now()),
    retrySequence: (log: Log, sequence: ReachedSequence, who: Known) =>
      retrySequence({ ...withLog(outside, log), ...shared }, receiving, sequence, who),
    ...readings(config, outside, known),
    ...operations(config, outside, known),
    ...sweeping({ outside, shared, settings: receiving, lockdown }),
    ...triggers(config, outside, known),
  };
}

function receivingFor(config: Config, known: KnownParts, door: Doorkeeping): ReceiveSettings {
  const { limits, expiryMs, callbacks } = config;
  const { scope, caps, policy, approvalMs } = config.access;
  return { limits, expiryMs, callbacks, scope, caps, policy, approvalMs, ...known, ...door };
}

/** What a person asks for. */
function operations({ limits }: Config, outside: Outside, { library }: KnownParts) {
  const logging = (log: Log): Ports => withLog(outside, log);
  return {
    cancelAll: (log: Log, caller: Caller, preview: boolean) =>
      cancelAll(logging(log), limits, caller, preview),
    cancelRun: (log: Log, run: ReachedRun) => cancelRun(logging(log), limits, run.runId, run),
    cancelSequence: (log: Log, sequence: ReachedSequence, by: string) =>
      cancelSequence(logging(log), limits, sequence, by),
    approveRun: (log: Log, asked: { runId: string; who: Known; rawBody: Uint8Array }) =>
      approveRun(logging(log), limits, asked),
    resumeRun: (log: Log, runId: string, by: string) => resumeRun(logging(log), limits, runId, by),
    checkLibrary: (log: Log, asked: { by: string; rawBody: Uint8Array }) =>
      checkLibrary(logging(log), limits, library, asked),
    pause: (log: Log, by: { by: string; why: string }) => pause(logging(log), by),
    resume: (log: Log, by: string) => resume(logging(log), limits, by),
    collectAgain: (log: Log, runId: string, by: string) => collectAgain(logging(log), runId, by),
    replayCallbacks: (log: Log, runId: string, asked: { by: string; all: boolean }) =>
      replayCallbacks(logging(log), runId, asked),
  };
}

/**
 * What messages and timers start. It throws for a message that is no bell of ours; the host then
 * keeps it in the poison queue for a person to see.
 */
function triggers(config: Config, outside: Outside, known: KnownParts) {
  const { callers, catalogue, library } = known;
  const { limits, lingerMs, watchMs, callbacks } = config;
  const { lockdown, paused, scope } = config.access;
  const calling = { callers, rules: callbacks, waitsMs: callbacks.waitsMs };
  const watch = createWatch(limits, watchMs, tellState, library);
  const platformsOf = (name: string) => catalogue.get(name)?.profile.platforms ?? null;
  const judging = { scope, factsAgeMs: FACTS_AGE_MS, library };
  const draining = { ...judging, limits, lingerMs, platformsOf, watch };
  const logging = (log: Log): Ports => withLog(outside, log);
  return {
    drain: async (log: Log, message: unknown) => {
      const { bell } = drainMessageSchema.parse(message);
      // The message is used up. After the lockdown the poll finds the bell late and rings again.
      if (lockdown) log("warn", "lockedDown");
      else if (paused) await pauseBySetting(logging(log));
      else await drain(logging(log), draining, bell);
    },
    watch: async (log: Log) => {
      if (paused) await pauseBySetting(logging(log));
      return await watch(logging(log));
    },
    reconcile: (log: Log) => reconcile(logging(log)),
    collect: (log: Log, message: unknown) => {
      const { sequenceId } = collectMessageSchema.parse(message).collect;
      const collecting = { limits, version: VERSION, commit: COMMIT, catalogue };
      return collect(logging(log), collecting, sequenceId);
    },
    callBack: (log: Log, message: unknown) =>
      callBack(logging(log), calling, callbackMessageSchema.parse(message).callback),
  };
}
