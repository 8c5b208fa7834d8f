import { z } from "zod";
import type { FoundKey, SigningKey, SigningKeys } from "../access/signing-keys.ts";

/** How to reach the keys that Entra publishes. */
export interface PublishedKeysOptions {
  /**
   * Such as `https://login.microsoftonline.com`; plain http only for loopback, which config checks.
   */
  readonly authority: string;
  readonly fetch: typeof fetch;
  /** This host's clock, epoch milliseconds; only differences of it count. */
  readonly nowMs: () => number;
}

/** The keys of one tenant, and when they were read. */
interface Tenant {
  keys: ReadonlyMap<string, SigningKey>;
  fetchedAtMs: number | null;
  triedAtMs: number | null;
  underWay: Promise<void> | null;
}

/**
 * The keys are read again after this time. Then a key that is no longer published does not count
 * any more.
 */
const REFRESH_MS = 6 * 3_600_000;
/**
 * At most one request a minute for a tenant, whatever strangers write into their tokens. So a new
 * key is known within a minute of its first use.
 */
const RETRY_MS = 60_000;
/**
 * While the endpoint is down, the known keys are good for this long; after that `find` is
 * `unavailable`.
 */
const KEEP_MS = 24 * 3_600_000;
/** Our own bounds: an answer takes some hundred milliseconds and about 20 KiB. */
const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 262_144;

/** A key we can use. Other keys in the set are left out, as the standard says. */
const keySchema = z.object({
  kty: z.literal("RSA"),
  use: z.literal("sig").optional(),
  kid: z.string().min(1).max(200),
  n: z.string().min(1),
  e: z.string().min(1),
});
const keySetSchema = z.object({ keys: z.array(z.unknown()).max(100) });

/**
 * The signing keys of Entra tenants. They are read when they are first needed, and kept. They are
 * read again when they are old, or when a token names a key that is not among them.
 */
export function createPublishedKeys(options: PublishedKeysOptions): SigningKeys {
  const tenants = new Map<string, Tenant>();
  return {
    async find(tenant, kid) {
      const known = tenants.get(tenant) ?? neverAsked();
      tenants.set(tenant, known);
      if (isDue(known, kid, options.nowMs())) {
        known.underWay ??= refresh(known, tenant, options).finally(() => {
          known.underWay = null;
        });
      }
      await known.underWay;
      return lookUp(known, kid, options.nowMs());
    },
  };
}

function neverAsked(): Tenant {
  return { keys: new Map(), fetchedAtMs: null, triedAtMs: null, underWay: null };
}

function isDue({ keys, fetchedAtMs, triedAtMs }: Tenant, kid: string, nowMs: number): boolean {
  if (triedAtMs !== null && nowMs - triedAtMs < RETRY_MS) return false;
  return fetchedAtMs === null || nowMs - fetchedAtMs >= REFRESH_MS || !keys.has(kid);
}

/** Replaces the keys by what is published; an answer that is no set of keys changes nothing. */
async function refresh(
  known: Tenant,
  tenant: string,
  { authority, fetch: ask, nowMs }: PublishedKeysOptions,
): Promise<void> {
  known.triedAtMs = nowMs();
  try {
    const response = await ask(`${authority}/${tenant}/discovery/v2.0/keys`, {
      headers: { accept: "application/json" },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const keys = response.ok ? keysIn(await boundedText(response)) : [];
    if (!response.ok) await response.body?.cancel();
    if (keys.length === 0) return;
    known.keys = new Map(keys.map((key) => [key.kid, key]));
    known.fetchedAtMs = nowMs();
  } catch {
    // The endpoint is down, slow or sent no JSON: the known keys stay, and it is tried again after
    // a minute.
  }
}

function keysIn(text: string): SigningKey[] {
  const set = keySetSchema.safeParse(JSON.parse(text));
  if (!set.success) return [];
  return set.data.keys.flatMap((one) => {
    const read = keySchema.safeParse(one);
    if (!read.success) return [];
    const { kty, kid, n, e } = read.data;
    return [{ kty, kid, n, e }];
  });
}

async function boundedText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const chunks: AsyncIterable<Uint8Array> | null = body;
  for await (const chunk of chunks ?? []) {
    size += chunk.byteLength;
    if (size > ANSWER_BYTES_MAX) throw new Error("the key set is larger than any key set");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function lookUp(known: Tenant, kid: string, nowMs: number): FoundKey {
  const { keys, fetchedAtMs, triedAtMs } = known;
  if (fetchedAtMs === null || nowMs - fetchedAtMs >= KEEP_MS) {
    return { kind: "unavailable", detail: "lrq cannot get Entra's signing keys; try again." };
  }
  const key = keys.get(kid);
  if (key !== undefined) return { kind: "key", key };
  // If the read failed, nothing is known of the key: it may be new, and is read again in a minute.
  return triedAtMs !== null && triedAtMs > fetchedAtMs
    ? { kind: "unavailable", detail: "lrq cannot get Entra's signing keys now; try again." }
    : { kind: "unknown" };
}
