import { createHash } from "node:crypto";
import type { Source } from "../incident/incident.ts";

/**
 * Crockford's base32, lower case. It has no i, l, o and u, so that people who hear an id type it
 * right.
 */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

const RUN_ID = /^[0-9a-hjkmnp-tv-z]{20}$/;
const SEQUENCE_ID = /^[0-9a-hjkmnp-tv-z]{20}\.[0-9a-hjkmnp-tv-z]{12}$/;

/** True if the text has the form of a run's id; lrq makes no other ids. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** True if the text has the form of a sequence's id: its run's id, a dot, and 12 characters. */
export function isSequenceId(text: string): boolean {
  return SEQUENCE_ID.test(text);
}

/**
 * 20 characters are 100 bits: among a billion runs the chance that two are alike is one in a
 * trillion.
 */
const RUN_CHARACTERS = 20;

/** 12 characters are 60 bits, enough to tell the sequences of one run apart. */
const SEQUENCE_CHARACTERS = 12;

/**
 * What identifies a run: the sender, its incident, and a nonce if the incident runs again (null
 * otherwise). `team` is null for the first team that sends the incident, whose run has the id that
 * older versions compute, and otherwise the name of the team.
 */
export interface RunKey {
  readonly source: Source;
  readonly incidentId: string;
  readonly again: string | null;
  readonly team: string | null;
}

/** What identifies a sequence within its run; `parameters` with their defaults, in any order. */
export interface SequenceKey {
  readonly machineId: string;
  readonly profile: { readonly name: string; readonly version: number };
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The id of a run: 20 characters of lower-case Crockford base32. The same key always gives the same
 * id.
 */
export function runIdOf({ source, incidentId, again, team }: RunKey): string {
  const nonce = again === null ? [] : [again];
  const kind = team === null ? ["run"] : ["run of a team", team];
  return digest([...kind, source, incidentId, ...nonce], RUN_CHARACTERS);
}

/** The id of the run that is this batch of a round of a sweep; no incident has it. */
export function sweepRunIdOf(of: { name: string; round: number; batch: number }): string {
  return digest(["batch of a sweep", of.name, `${of.round}`, `${of.batch}`], RUN_CHARACTERS);
}

/**
 * The id of a sequence: its run's id, a dot, and 12 characters. The same key always gives the same
 * id.
 */
export function sequenceIdOf(
  runId: string,
  { machineId, profile, parameters }: SequenceKey,
): string {
  const named = Object.entries(parameters)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flat();
  const parts = ["sequence", machineId, profile.name, String(profile.version), ...named];
  return `${runId}.${digest([runId, ...parts], SEQUENCE_CHARACTERS)}`;
}

/**
 * The id of the sequence that runs this one again, in the same run. There is one for each, so
 * nothing is retried twice: what retries a retry has an id of its own.
 */
export function retryIdOf(sequenceId: string): string {
  const runId = runOfSequence(sequenceId);
  return `${runId}.${digest([runId, "retry", sequenceId], SEQUENCE_CHARACTERS)}`;
}

/** The id of the run that the sequence belongs to. */
export function runOfSequence(sequenceId: string): string {
  return sequenceId.slice(0, RUN_CHARACTERS);
}

/**
 * Each part is hashed after its length in bytes, so that two different lists never hash the same
 * bytes.
 */
function digest(parts: readonly string[], characters: number): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part, "utf8");
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return crockford(hash.digest(), characters);
}

/** The first `characters` groups of five bits; a SHA-256 has 51 whole groups. */
function crockford(bytes: Uint8Array, characters: number): string {
  let text = "";
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    for (; bitCount >= 5; bitCount -= 5) text += ALPHABET.charAt((bits >> (bitCount - 5)) & 31);
    bits &= (1 << bitCount) - 1;
  }
  return text.slice(0, characters);
}
