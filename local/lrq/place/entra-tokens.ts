import { z } from "zod";
import { silenceText } from "../../../shared/http/silence.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";
import { parsed } from "../parsed-json.ts";

/** The app registration that people sign in to, and where. */
export interface EntraClient {
  /** Such as `https://login.microsoftonline.com`. */
  readonly authority: string;
  readonly tenant: string;
  readonly client: string;
  readonly scope: string;
}

/** What a sign-in brings. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAtMs: number;
}

/** Time, and whoever is asked to open a page. */
export interface SignInSurroundings {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly note: (line: string) => void;
}

const deviceSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  expires_in: z.number(),
  interval: z.number().default(5),
});
const tokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().optional(),
  expires_in: z.number(),
});
const refusedSchema = z.object({ error: z.string(), error_description: z.string().default("") });

const ANSWER_TIMEOUT_MS = 30_000;
/** RFC 8628, 3.5: so much longer between two questions after `slow_down`. */
const SLOWER_MS = 5_000;
/** A token is renewed this long before it ends. */
const EARLY_MS = 120_000;

/** A person opens a page and types a code there (RFC 8628); it waits until they have. */
export async function signInByDevice(
  client: EntraClient,
  { nowMs, sleep, note }: SignInSurroundings,
): Promise<Tokens> {
  const scope = `${client.scope} offline_access`;
  const answer = await posted(client, "devicecode", { scope });
  const device = parsed(answer, deviceSchema);
  if (device === null) throw refusal(answer);
  note(`Open ${device.verification_uri} and type the code ${device.user_code}`);
  const endsAtMs = nowMs() + device.expires_in * 1_000;
  let everyMs = device.interval * 1_000;
  while (nowMs() < endsAtMs) {
    await sleep(everyMs);
    const told = await posted(client, "token", {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: device.device_code,
    });
    const tokens = tokensIn(told, null, nowMs());
    if (tokens !== null) return tokens;
    const error = parsed(told, refusedSchema)?.error;
    if (error === "slow_down") everyMs += SLOWER_MS;
    else if (error !== "authorization_pending") throw refusal(told);
  }
  throw new Stop(EXIT.late, "Nobody has typed the code in time.", { todo: "Sign in again." });
}

/** New tokens for a refresh token. */
export async function renewed(
  client: EntraClient,
  refreshToken: string,
  nowMs: number,
): Promise<Tokens> {
  const scope = `${client.scope} offline_access`;
  const fields = { grant_type: "refresh_token", refresh_token: refreshToken, scope };
  const told = await posted(client, "token", fields);
  const tokens = tokensIn(told, refreshToken, nowMs);
  if (tokens === null) throw refusal(told);
  return tokens;
}

/** True if a token of this end has to be renewed before it is used. */
export function isOver(expiresAtMs: number, nowMs: number): boolean {
  return expiresAtMs - EARLY_MS <= nowMs;
}

async function posted(
  { authority, tenant, client }: EntraClient,
  what: "devicecode" | "token",
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const url = `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/${what}`;
  try {
    const answer = await fetch(url, {
      method: "POST",
      body: new URLSearchParams({ client_id: client, ...fields }),
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return await answer.text();
  } catch (error) {
    const what = `Entra does not answer at ${new URL(authority).host}: ${silenceText(error)}.`;
    throw new Stop(EXIT.unreachable, what, { todo: "Check the network.", againAfterMs: 0 });
  }
}

function tokensIn(text: string, refreshToken: string | null, nowMs: number): Tokens | null {
  const read = parsed(text, tokensSchema);
  const next = read?.refresh_token ?? refreshToken;
  if (read === null || next === null) return null;
  const expiresAtMs = nowMs + read.expires_in * 1_000;
  return { accessToken: read.access_token, refreshToken: next, expiresAtMs };
}

/** What Entra says, without the lines of ids behind it. */
function refusal(text: string): Stop {
  const read = parsed(text, refusedSchema);
  const [said = ""] = (read?.error_description ?? "").split(/\r?\n/);
  const words = said === "" ? (read?.error ?? "an answer that is none of its own") : said;
  return new Stop(EXIT.refused, `Entra refuses: ${words}`, {
    todo: "Sign in again with lrq login, or ask whoever keeps the app registration.",
  });
}
