import type { Config } from "../config.ts";
import { isLoopback } from "../loopback.ts";
import { tokenTrouble } from "../defender/ask.ts";
import { createDefender } from "../defender/client.ts";
import { DEFAULT_TIMEOUTS } from "../defender/options.ts";
import type { SubmissionAnswer } from "../ledger/sequence/submission.ts";
import type { Defender } from "../ports.ts";
import { checkMarks, type PausedLedger } from "./check-marks.ts";
import { checkToken } from "./check-token.ts";
import { found, ok, type Finding } from "./finding.ts";
import type { Purse, Unpaid } from "./purse.ts";

interface Outside {
  readonly probe: boolean;
  readonly nowMs: () => number;
  readonly purse: Purse;
  /** While lrq is paused, its ledger is compared with Defender's list. */
  readonly paused: PausedLedger | null;
  /** Names of sweeps whose targets are queries. */
  readonly hunting: readonly string[];
}

type GetToken = () => Promise<{ token: string; expiresAtMs: number }>;

/** A doctor does not wait as long as the app. */
export const CALL_TIMEOUT_MS = 15_000;
/** Live response in the last week shows that the feature is on. */
const LOOKBACK_MS = 7 * 86_400_000;
/** No machine has this id. */
const NO_MACHINE = "0".repeat(40);

const FEATURE_FIX =
  "In the Defender portal under Settings, Endpoints, Advanced features, turn on Live Response, and " +
  "Live Response for Servers.";

/** Defender names a code with every refusal but one of a bad query. */
const BETWEEN_FIX =
  "Check whether a proxy, gateway or firewall stands between lrq and DEFENDER_API_URL, and the " +
  "token's audience and roles.";

/**
 * Token, API and the live response feature. Costs one list call, and with `probe` one POST; `purse`
 * pays for both. During a lockdown it sends no POST.
 */
export async function checkDefender(
  config: Config,
  getToken: GetToken,
  outside: Outside,
): Promise<Finding[]> {
  const { url, tokenScope } = config.defender;
  const token = await tokenFrom(getToken);
  if (token.kind === "none") {
    const fix = isLoopback(new URL(url).hostname)
      ? "Set DEFENDER_ACCESS_TOKEN for the simulator."
      : "In Azure give the app a managed identity; on this machine sign in with az login.";
    return [found("error", "token", `There is none: ${token.why}`, fix)];
  }
  const defender = createDefender({
    baseUrl: url,
    getToken: async () => token.got,
    nowMs: outside.nowMs,
    timeouts: { ...DEFAULT_TIMEOUTS, readMs: CALL_TIMEOUT_MS, submitMs: CALL_TIMEOUT_MS },
    linkHosts: [],
  });
  const asked = await checkApi(defender, outside);
  const probed = outside.probe ? [await probe(config, defender, outside.purse)] : [];
  const { hunting } = outside;
  const expected = { tokenScope, libraryCheck: config.library.check, hunting };
  return [...checkToken(token.got.token, expected, outside.nowMs()), ...asked, ...probed];
}

type TokenFound =
  | { readonly kind: "token"; readonly got: Awaited<ReturnType<GetToken>> }
  | { readonly kind: "none"; readonly why: string };

async function tokenFrom(getToken: GetToken): Promise<TokenFound> {
  try {
    return { kind: "token", got: await getToken() };
  } catch (error) {
    return { kind: "none", why: tokenTrouble(error) };
  }
}

async function checkApi(
  defender: Defender,
  { nowMs, probe, purse, paused }: Outside,
): Promise<Finding[]> {
  const check = "Defender API";
  const unpaid = await purse.list();
  if (unpaid !== null) return [notAsked(check, unpaid)];
  const payPage = async () => (await purse.list()) === null;
  const reply = await defender.listActions(nowMs() - LOOKBACK_MS, payPage);
  switch (reply.kind) {
    case "answered": {
      const answers = ok(check, "It answers.");
      const marks = paused === null ? [] : [await checkMarks(paused, reply.value)];
      const feature = probe ? [] : [featureSeen(reply.value.length)];
      return [answers, ...marks, ...feature];
    }
    case "throttled": {
      const wait =
        reply.retryAfterMs === null ? "" : `, for ${Math.ceil(reply.retryAfterMs / 1_000)} s`;
      const fix = "Wait. If this does not change, another product of the tenant uses the calls.";
      return [found("warning", check, `It answers 429${wait}.`, fix)];
    }
    case "refused": {
      if (reply.code === "") return [found("error", check, reply.detail, BETWEEN_FIX)];
      const fix =
        reply.httpStatus === 401
          ? "The token is not valid there; check its audience, its expiry and DEFENDER_CLOUD."
          : "Check the token's audience and roles; newer API pages let only Machine.ReadWrite.All " +
            "list actions.";
      return [found("error", check, reply.detail, fix)];
    }
    case "absent":
    case "unavailable": {
      const fix =
        "Check DEFENDER_API_URL, DEFENDER_CLOUD, and whether the firewall lets calls out.";
      return [found("error", check, reply.detail, fix)];
    }
  }
}

function featureSeen(actions: number): Finding {
  const check = "live response";
  if (actions > 0) return ok(check, `On: ${actions} sessions in the last week.`);
  const what = "No session in the last week, so the doctor cannot know whether it is on.";
  return found(
    "unknown",
    check,
    what,
    "Run lrq doctor --probe: it costs one call of ten a minute.",
  );
}

/** Asks for a session on a machine that does not exist; what refuses it says what is on. */
async function probe(config: Config, defender: Defender, purse: Purse): Promise<Finding> {
  if (config.access.lockdown) {
    const why = "LOCKDOWN is set, and a probe is a submission";
    return notAsked("live response", { why, fix: "Set LOCKDOWN to false first." });
  }
  if (config.access.paused) {
    const why = "PAUSED is set, and a probe is a submission";
    return notAsked("live response", { why, fix: "Set PAUSED to false first." });
  }
  const command = { type: "GetFile", path: String.raw`C:\lrq-doctor` } as const;
  return judgedProbe(
    await purse.post(async (leaveWithinMs) =>
      defender.submit(NO_MACHINE, [command], "lrq doctor", leaveWithinMs),
    ),
  );
}

function notAsked(check: string, { why, fix }: Pick<Unpaid, "why" | "fix">): Finding {
  return found("unknown", check, `Not asked: ${why}.`, fix);
}

function judgedProbe(answer: SubmissionAnswer | Unpaid): Finding {
  const check = "live response";
  switch (answer.kind) {
    case "refused":
      if (answer.code === "DisabledFeature") {
        return found("error", check, "It is turned off in the tenant.", FEATURE_FIX);
      }
      if (answer.httpStatus === 404 || answer.httpStatus === 400) {
        return ok(check, "On: Defender refused the probe only because its machine does not exist.");
      }
      return found("error", check, answer.detail, "Check the token's roles.");
    case "unpaid":
      return notAsked(check, answer);
    case "throttled":
      return found("unknown", check, "It answers 429.", "Wait a minute and ask again.");
    case "unauthorized":
      return found("error", check, answer.detail, "Check the token's audience and expiry.");
    case "unknown":
      return found("unknown", check, answer.detail, BETWEEN_FIX);
    case "accepted":
    case "machineBusy":
    case "notSent":
      return found("unknown", check, `The probe came to ${answer.kind}.`, "Ask again.");
  }
}
