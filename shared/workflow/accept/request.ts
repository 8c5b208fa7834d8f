import { z } from "zod";
import { authenticate, type Known } from "../../access/authenticate.ts";
import { whyNot, whyNotBy, type Scope } from "../../access/authorize.ts";
import type { Caller, Right } from "../../access/caller.ts";
import type { Replays } from "../../access/replays.ts";
import type { RequestRates } from "../../access/request-rates.ts";
import type { Entra } from "../../access/signing-keys.ts";
import { readBody } from "../../incident/read-body.ts";

/** A request as a trigger passes it on; nothing in it is trusted yet. */
export interface RawRequest {
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null; entries(): Iterable<[string, string]> };
  /**
   * Reads the body, once: at most one byte more than it may have; that byte is enough to refuse it.
   */
  readonly body: () => Promise<Uint8Array>;
}

/** The caller, who may do this, or the refusal, with the caller if it is known. */
export type Admitted = ({ readonly kind: "admitted" } & Omit<Known, "kind">) | Refused;

export type Refused =
  | {
      readonly kind: "unauthenticated" | "unavailable" | "forbidden" | "replayed";
      readonly detail: string;
      readonly by: string | null;
    }
  | {
      readonly kind: "too-many-requests";
      readonly detail: string;
      readonly by: string;
      readonly retryAfterSeconds: number;
    };

/** Everybody who may call, what tokens are checked with, and what was asked lately. */
export interface Doorkeeping {
  readonly callers: readonly Caller[];
  readonly entra: Entra;
  readonly rates: RequestRates;
  readonly replays: Replays;
}

/**
 * The first step of every request but `health`; it reads and writes nothing in storage. A copy of a
 * signed request is refused before it is counted, so whoever captured one cannot use up the
 * requests of its sender. Without a right, every caller is admitted that shows a key or a token.
 */
export async function admitCaller(
  { callers, entra, rates, replays }: Doorkeeping,
  request: RawRequest,
  need: { readonly right: Right | null; readonly scope?: Scope },
  nowMs: number,
): Promise<Admitted> {
  const shown = { ...request, named: request.query.get("caller") };
  const known = await authenticate(callers, entra, shown, nowMs);
  if (known.kind === "unavailable") return { ...known, by: null };
  if (known.kind === "nobody") return { kind: "unauthenticated", detail: known.why, by: null };
  const by = known.caller.name;
  const { right, scope } = need;
  // A signature that is for nothing here is no copy of anything, and may be a stranger's.
  const notBySuch = known.signed === null ? null : whyNotBy(known, right);
  if (notBySuch !== null) return { kind: "forbidden", detail: notBySuch, by };
  if (replays.isCopy(known)) return { kind: "replayed", detail: REPLAYED, by };
  const rated = rates.count(by, nowMs);
  if (rated.kind === "over") {
    const detail = `The caller ${by} has sent as many requests as it may in this minute.`;
    const { retryAfterSeconds } = rated;
    return { kind: "too-many-requests", detail, by, retryAfterSeconds };
  }
  const lacks = right === null ? null : whyNot(known.caller, right, scope);
  const why = lacks ?? whyNotBy(known, right);
  if (why !== null) return { kind: "forbidden", detail: why, by };
  return { ...known, kind: "admitted" };
}

export const REPLAYED =
  "This signed message was here before. If you sent it and had no answer, send it again with the " +
  "same webhook-id, the present webhook-timestamp and a new signature.";

const reasonSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });

/**
 * The reason a person gives with a request, `{"reason": "..."}`; null if it is missing, empty or
 * too long.
 */
export function reasonIn(rawBody: Uint8Array): string | null {
  const body = readBody(rawBody);
  if (body.kind !== "read") return null;
  const read = reasonSchema.safeParse(body.json);
  return read.success ? read.data.reason : null;
}
