import { hash } from "node:crypto";
import { z } from "zod";
import { type ChainHead, FIRST_HEAD } from "../ledger/run/chain-head.ts";
import { canonicalJson } from "../plan/canonical-json.ts";

/** A SHA-256 in lower-case hex. */
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What makes a record a link: `number` counts from 1; `previous` is the hash of the link before, 64
 * zeros for the first; `hash` is the SHA-256 of the canonical JSON of all other members.
 */
export const linkShape = {
  v: z.literal(1),
  number: z.int().positive(),
  previous: hashSchema,
  hash: hashSchema,
} as const;

/** The end of a chain, from its last link. */
export interface ChainEnd {
  readonly number: number;
  readonly hash: string;
}

export type Verdict =
  | { readonly kind: "ok"; readonly head: ChainEnd | null }
  /** `position` counts links from 1; `why` is the first thing that is wrong. */
  | { readonly kind: "broken"; readonly position: number; readonly why: string };

/** What a chain is made of, and the words for it. */
export interface ChainKind<T extends ChainEnd & { readonly previous: string }> {
  /** What one link is called, such as `entry`. */
  readonly noun: string;
  readonly schema: z.ZodType<T>;
  /** The chain of a link; all links of one chain name the same. */
  readonly chainOf: (link: T) => string;
  /** The words for a link that names another chain. */
  readonly stranger: string;
}

/** The link that follows `end` (null: the first): its members, and the hash of all of them. */
export function sealed<T extends object>(end: ChainEnd | null, members: T) {
  const before = {
    v: 1 as const,
    number: (end?.number ?? 0) + 1,
    previous: end?.hash ?? FIRST_HEAD.head,
    ...members,
  };
  return { ...before, hash: hashOf(before) };
}

/** The end of a chain, from a row of the ledger. */
export function endOf({ count, head }: ChainHead): ChainEnd | null {
  return count === 0 ? null : { number: count, hash: head };
}

/** The end of a chain, for a row of the ledger. */
export function headOf(end: ChainEnd): ChainHead {
  return { count: end.number, head: end.hash };
}

/**
 * Verifies a chain by computing it again from its links as read from JSON. `expected` is an end
 * that was kept elsewhere. Without it nobody can see that the end of a chain was cut off, or that
 * the whole chain was forged. `seen` gets each link as it was read, in order, up to the first
 * broken one.
 */
export function verifyLinks<T extends ChainEnd & { readonly previous: string }>(
  kind: ChainKind<T>,
  links: readonly unknown[],
  expected: ChainEnd | null,
  seen: (link: T) => void = () => undefined,
): Verdict {
  let end: ChainEnd | null = null;
  let chain: string | null = null;
  for (const [before, raw] of links.entries()) {
    const read = kind.schema.safeParse(raw);
    const why = read.success
      ? wrongWith(kind, read.data, raw, { end, chain })
      : malformed(kind.noun, read.error.issues[0]);
    if (why !== null) return { kind: "broken", position: before + 1, why };
    if (read.success) {
      seen(read.data);
      end = { number: read.data.number, hash: read.data.hash };
      chain = kind.chainOf(read.data);
    }
  }
  if (expected !== null && (end?.hash !== expected.hash || end.number !== expected.number)) {
    const found = `ends at ${kind.noun} ${end?.number ?? 0}`;
    const why = `${found}, not at the expected head ${expected.number}`;
    return { kind: "broken", position: links.length, why };
  }
  return { kind: "ok", head: end };
}

function wrongWith<T extends ChainEnd & { readonly previous: string }>(
  { noun, chainOf, stranger }: ChainKind<T>,
  link: T,
  raw: unknown,
  { end, chain }: { readonly end: ChainEnd | null; readonly chain: string | null },
): string | null {
  const number = (end?.number ?? 0) + 1;
  if (link.number !== number) return `${noun} ${number} is missing: here stands ${link.number}`;
  if (link.previous !== (end?.hash ?? FIRST_HEAD.head)) {
    return `${noun} ${number} does not follow the one before it`;
  }
  // The hash is of what was read and not of what was parsed, so that nothing can hide in members
  // that the schema does not know.
  const { hash: _, ...members }: Record<string, unknown> = { ...Object(raw) };
  if (link.hash !== hashOf(members)) return `${noun} ${number} was changed after it was sealed`;
  if (chain !== null && chainOf(link) !== chain) return `${noun} ${number} ${stranger}`;
  return null;
}

function malformed(noun: string, issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path.map(String).join(".") ?? "";
  const kind =
    noun === "entry" ? "a custody entry of version 1 or 2" : `an audit ${noun} of version 1`;
  return `not ${kind} (${path}: ${issue?.message ?? ""})`;
}

function hashOf(members: object): string {
  return hash("sha256", canonicalJson(members));
}
