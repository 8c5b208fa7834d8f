import type { TargetSetting } from "../access/callback-setting.ts";
import { teamOf, type Caller } from "../access/caller.ts";
import type { AskedCallback, Incident } from "../incident/incident.ts";
import { readArmPath } from "../incident/arm-path.ts";
import type { Problem } from "../incident/problem.ts";
import {
  DEFAULT_EVENTS,
  eventsIn,
  OF_NO_RUN,
  targetIdOf,
  type CallbackEvent,
  type CallbackTarget,
  type Notice,
} from "../ledger/outbox/notice.ts";
import type { About } from "../ledger/outbox/about.ts";
import { shownHost, urlTrouble, type HostRules } from "./hosts.ts";
import type { Recipient } from "./request.ts";

/** The settings of callbacks that decide who is told. */
export interface CallbackRules extends HostRules {
  /** Whether Sentinel incidents get comments. */
  readonly sentinelComments: boolean;
  /** Azure's management API, without a slash at its end. */
  readonly managementUrl: string;
}

/** What is written below a Sentinel incident: also what waits for a person. */
const SENTINEL_EVENTS: readonly CallbackEvent[] = [
  ...DEFAULT_EVENTS,
  "run.approvalNeeded",
  "run.paused",
];

/** In the address of a setting this stands for the sender's id of the incident. */
const INCIDENT_ID = "{incidentId}";

/**
 * Who is told of a run that `caller` asks for: targets of its settings, of its request, and
 * Sentinel.
 */
export function targetsOf(
  caller: Caller,
  incident: Incident,
  asked: AskedCallback | null,
  rules: CallbackRules,
): CallbackTarget[] {
  const fromSettings = caller.callbacks
    .filter(({ shape }) => fitsSource(shape, incident))
    .map((setting) =>
      target({
        targetId: settingId(caller, setting),
        from: "setting",
        caller: caller.name,
        shape: setting.shape,
        host: shownHost(withIncident(setting.url, "")),
        ...eventsIn(setting.events),
      }),
    );
  return [
    ...fromSettings,
    ...(asked === null ? [] : [requested(caller, asked)]),
    ...(rules.sentinelComments && incident.armId !== null ? [sentinel(rules, incident.armId)] : []),
  ];
}

/**
 * Why the callback that a request asks for is refused, in words for its sender; null if it is not
 * refused. The words do not repeat the address.
 */
export function askedTrouble(
  caller: Caller,
  { url }: AskedCallback,
  rules: CallbackRules,
): string | null {
  const trouble = urlTrouble(url, rules);
  if (trouble !== null) return `The callback's address is refused: ${trouble}.`;
  if (caller.callbackSecret !== undefined) return null;
  return `No callback can be signed for ${caller.name}: it has no callbackSecret in CALLERS.`;
}

/** What is wrong with the callbacks in CALLERS; checked at the start of the app. */
export function settingProblems(callers: readonly Caller[], rules: CallbackRules): Problem[] {
  return callers.flatMap((caller, callerIndex) =>
    caller.callbacks.flatMap((setting, index) => {
      const trouble = urlTrouble(withIncident(setting.url, "0"), rules);
      const path = `CALLERS.${callerIndex}.callbacks.${index}.url`;
      return trouble === null ? [] : [{ path, message: trouble }];
    }),
  );
}

/** The present recipient of a target, or why there is none: settings may have changed since. */
export function recipientOf(
  of: CallbackTarget,
  run: { readonly incidentId: string; readonly armId: string | null },
  callers: readonly Caller[],
  rules: CallbackRules,
): { readonly kind: "to"; readonly to: Recipient } | { readonly kind: "nobody"; why: string } {
  if (of.from === "sentinel") {
    const { managementUrl, sentinelComments } = rules;
    if (!sentinelComments) return { kind: "nobody", why: "SENTINEL_COMMENTS is off" };
    // An older version of the app may have stored a path that climbs.
    const path = readArmPath(of.armId ?? run.armId);
    return path.kind === "incident"
      ? { kind: "to", to: { shape: "sentinel", armId: path.armId, managementUrl } }
      : { kind: "nobody", why: "the path of its incident is none of Sentinel's" };
  }
  const caller = callers.find(({ name }) => name === of.caller);
  if (caller === undefined) return { kind: "nobody", why: "its caller is no longer in CALLERS" };
  const to = of.from === "request" ? byRequest(of, caller) : bySetting(of, caller, run.incidentId);
  if (to === null) return { kind: "nobody", why: "it is no longer in CALLERS" };
  const trouble = urlTrouble(to.url, rules);
  return trouble === null ? { kind: "to", to } : { kind: "nobody", why: `its address ${trouble}` };
}

/**
 * The ids of those who follow what is about no run: targets of callers who reach every team, and of
 * the team of the sweep, if it is about one.
 */
export function followersOf(
  { event, about }: Pick<Notice, "event" | "about">,
  callers: readonly Caller[],
): string[] {
  return callers.flatMap((caller) =>
    caller.callbacks
      .filter(({ events }) => hearsOf(caller, about) && events.includes(event))
      .map((setting) => settingId(caller, setting)),
  );
}

function hearsOf(caller: Caller, about: About | null): boolean {
  return caller.all || (about?.kind === "roundShort" && about.team === teamOf(caller));
}

/** One who follows it; null if the settings have no such target any more. */
export function followerOf(
  { targetId, about }: Pick<Notice, "targetId" | "about">,
  callers: readonly Caller[],
  rules: CallbackRules,
): Recipient | null {
  for (const caller of callers.filter((each) => hearsOf(each, about))) {
    const setting = caller.callbacks.find((each) => settingId(caller, each) === targetId);
    if (setting === undefined) continue;
    const { header = null, secret: secrets = [] } = setting;
    const url = withIncident(setting.url, OF_NO_RUN);
    return urlTrouble(url, rules) === null ? { shape: "generic", url, secrets, header } : null;
  }
  return null;
}

type Addressed = Exclude<Recipient, { shape: "sentinel" }>;

function byRequest({ url }: CallbackTarget, { callbackSecret }: Caller): Addressed | null {
  if (url === null || callbackSecret === undefined) return null;
  return { shape: "generic", url, secrets: callbackSecret, header: null };
}

function bySetting(of: CallbackTarget, caller: Caller, incidentId: string): Addressed | null {
  const setting = caller.callbacks.find((each) => settingId(caller, each) === of.targetId);
  // These two ids would climb out of the path of the address.
  if (setting === undefined || incidentId === "." || incidentId === "..") return null;
  const { shape, header = null, secret: secrets = [] } = setting;
  return { shape, url: withIncident(setting.url, incidentId), secrets, header };
}

function requested(caller: Caller, { url, events }: AskedCallback): CallbackTarget {
  return target({
    targetId: targetIdOf(["request", caller.name, url]),
    from: "request",
    caller: caller.name,
    shape: "generic",
    host: shownHost(url),
    url,
    ...eventsIn(events ?? DEFAULT_EVENTS),
  });
}

function sentinel({ managementUrl }: CallbackRules, armId: string): CallbackTarget {
  return target({
    targetId: targetIdOf(["sentinel"]),
    armId,
    from: "sentinel",
    caller: "",
    shape: "sentinel",
    host: shownHost(managementUrl),
    ...eventsIn(SENTINEL_EVENTS),
  });
}

function target(
  of: Omit<CallbackTarget, "url" | "armId" | "delivered" | "endedAtMs"> &
    Partial<Pick<CallbackTarget, "url" | "armId">>,
): CallbackTarget {
  return { url: null, armId: null, delivered: null, endedAtMs: null, ...of };
}

/**
 * A target of a request that joins a run. If the request names another Sentinel incident than the
 * run, that incident gets its own comments.
 */
export function joiningTarget(
  each: CallbackTarget,
  run: { readonly armId: string | null },
): CallbackTarget {
  const armId = each.armId?.toLowerCase() ?? null;
  if (armId === null || armId === run.armId?.toLowerCase()) return each;
  return { ...each, targetId: targetIdOf(["sentinel", armId]) };
}

/**
 * The id is made of the setting's content and not of its position, because settings may be
 * reordered.
 */
function settingId(caller: Caller, { url, shape }: TargetSetting): string {
  return targetIdOf(["setting", caller.name, shape, url]);
}

/**
 * The system of a ticket is told of its own tickets; a generic incident may belong to any system.
 */
function fitsSource(shape: TargetSetting["shape"], { source }: Incident): boolean {
  return shape === "generic" || source === shape || source === "generic";
}

function withIncident(url: string, incidentId: string): string {
  return url.replaceAll(INCIDENT_ID, () => encodeURIComponent(incidentId));
}
