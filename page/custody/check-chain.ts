import { canonicalJson } from "../../shared/plan/canonical-json.ts";

/** What a chain shows when each hash in it is computed again. */
export type Checked =
  | { readonly kind: "holds"; readonly entries: number; readonly head: string }
  /** `number` is the first entry that is not as it was written, counted from 1. */
  | { readonly kind: "broken"; readonly number: number; readonly why: string };

const FIRST = "0".repeat(64);

/**
 * Computes a custody chain again, in the browser: each entry names the hash of the one before, and
 * its own hash is the SHA-256 of its other members as canonical JSON. `head` is what the app says
 * is the end.
 */
export async function checkChain(
  entries: readonly Readonly<Record<string, unknown>>[],
  head: string,
): Promise<Checked> {
  let end = FIRST;
  for (const [index, entry] of entries.entries()) {
    const number = index + 1;
    const { hash, ...members } = entry;
    if (entry["number"] !== number) return broken(number, "an entry is missing before it");
    if (entry["previous"] !== end) return broken(number, "it does not follow the one before it");
    end = await sha256(canonicalJson(members));
    if (hash !== end) return broken(number, "it was changed after it was written");
  }
  if (end !== head) return broken(entries.length, "the chain does not end where the app says");
  return { kind: "holds", entries: entries.length, head };
}

function broken(number: number, why: string): Checked {
  return { kind: "broken", number, why };
}

/** In lower-case hex, of the UTF-8 of a text. */
async function sha256(text: string): Promise<string> {
  const hashed = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hashed)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
