import { z } from "zod";
import { authenticate, type Known } from "../../access/authenticate.ts";
import { whyNot, whyNotBy, type Scope } from "../../access/authorize.ts";
import type { Caller, Right } from "../../access/caller.ts";
import type { Entra } from "../../access/signing-keys.ts";
import { readBody } from "../../incident/read-body.ts";

/** A request as a trigger passes it on; nothing in it is trusted yet. */
export interface RawRequest {
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null; entries(): Iterable<[string, string]> };
  /** At most one byte more than a body may have; that byte is enough to refuse it. */
  readonly rawBody: Uint8Array;
}

/** The caller, who may do this, or the refusal. */
export type Admitted =
  | ({ readonly kind: "admitted" } & Omit<Known, "kind">)
  | { readonly kind: "unauthenticated"; readonly detail: string }
  | { readonly kind: "forbidden"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

/** Everybody who may call, and what tokens are checked with. */
export interface Doorkeeping {
  readonly callers: readonly Caller[];
  readonly entra: Entra;
}

/** The first step of every request but `health`; it reads and writes nothing in storage. */
export async function admitCaller(
  { callers, entra }: Doorkeeping,
  request: RawRequest,
  need: { readonly right: Right; readonly scope?: Scope },
  nowMs: number,
): Promise<Admitted> {
  const known = await authenticate(callers, entra, request, nowMs);
  if (known.kind === "unavailable") return known;
  if (known.kind === "nobody") return { kind: "unauthenticated", detail: known.why };
  const { right, scope } = need;
  const why = whyNot(known.caller, right, scope) ?? whyNotBy(known, right);
  if (why !== null) return { kind: "forbidden", detail: why };
  return { ...known, kind: "admitted" };
}

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
