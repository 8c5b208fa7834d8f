import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { silenceText } from "../../shared/http/silence.ts";
import { bodyOf, openResponse } from "../../shared/http/streamed-response.ts";
import { auditRecordSchema, type AuditRecord, QUEUE_CHAIN } from "../../shared/evidence/audit.ts";
import { decisionFactsSchema, type DecisionFacts } from "../../shared/evidence/decision.ts";
import { type AppAddress, authorizationOf } from "./app-address.ts";
import { refusalOf } from "./app/refusal.ts";
import { silenceOf } from "./app/silence.ts";
import { EXIT } from "./command/exit-codes.ts";
import { Stop } from "./command/stop.ts";
import { parsed } from "./parsed-json.ts";
import { manifestSchema, type ManifestFile } from "./custody-folder.ts";

/** A stored result as the API lists it. */
const listedSchema = z.object({ sequenceId: z.string(), index: z.int(), path: z.string() });
export type Listed = z.infer<typeof listedSchema>;

const sealsSchema = z.object({
  runId: z.string(),
  seals: z.array(z.object({ text: z.string() })),
  unsealed: z.string().nullable(),
});
const pageSchema = z.object({
  chain: z.string(),
  records: z.array(auditRecordSchema),
  next: z.int().nullable(),
});
const decisionPageSchema = z.object({
  runId: z.string(),
  decisions: z.array(decisionFactsSchema),
  next: z.int().nullable(),
});
/** The texts of a run's seals, the first one first, and of the run now if no seal covers that. */
type SealTexts = z.infer<typeof sealsSchema>;

/**
 * What an export asks of lrq. Every call throws with a sentence when lrq does not answer, refuses,
 * or answers something else than it should, such as another run.
 */
export interface EvidenceApi {
  manifest(runId: string): Promise<ManifestFile>;
  list(runId: string): Promise<readonly Listed[]>;
  seals(runId: string): Promise<SealTexts>;
  /** The bytes of one result, as they come. */
  open(runId: string, listed: Listed): Promise<AsyncIterable<Uint8Array>>;
  /** What the queue decided about the sequences of the run; in the order of its log. */
  decisions(runId: string): Promise<readonly DecisionFacts[]>;
  /** The log of the run, or of the queue when it is null; whole. */
  audit(runId: string | null): Promise<readonly AuditRecord[]>;
}

/** How long until the headers of an answer are in, and how long each further piece may take. */
export interface ApiTimeouts {
  readonly readMs: number;
  readonly stallMs: number;
}

/** A minute for either; a file as a whole may take as long as it takes. */
const PATIENT: ApiTimeouts = { readMs: 60_000, stallMs: 60_000 };
/** Pages of 1,000 records. */
const PAGES_MAX = 10_000;
/** A refusal is a problem of some lines; of anything longer the beginning says enough. */
const REFUSAL_BYTES_MAX = 4_096;

/**
 * lrq at `url`, which is the host's address without `/api`. No redirect is followed: the key is for
 * that address only.
 */
export function evidenceApi(
  { url, key }: AppAddress,
  signal: AbortSignal | null = null,
  timeouts: ApiTimeouts = PATIENT,
): EvidenceApi {
  const call = async (path: string) => await openAnswer({ url, key }, path, { signal, timeouts });
  const read = async <Schema extends z.ZodType>(schema: Schema, path: string) =>
    schema.parse(JSON.parse(await text(await call(path))));
  return {
    manifest: async (runId) =>
      askedFor(runId, await read(manifestSchema, `runs/${runId}/manifest`)),
    list: async (runId) => {
      const answer = z.object({ runId: z.string(), evidence: z.array(listedSchema) });
      return askedFor(runId, await read(answer, `runs/${runId}/evidence`)).evidence;
    },
    seals: async (runId) => askedFor(runId, await read(sealsSchema, `runs/${runId}/seals`)),
    open: async (runId, { sequenceId, index }) =>
      await call(`runs/${runId}/evidence/${sequenceId}/${index}`),
    decisions: async (runId) =>
      await allOf(runId, async (from) => {
        const path = `runs/${runId}/decisions?from=${from}`;
        const { decisions, ...page } = await read(decisionPageSchema, path);
        return { ...page, items: decisions };
      }),
    audit: async (runId) => {
      const path = runId === null ? "audit" : `runs/${runId}/audit`;
      return await allOf(runId ?? QUEUE_CHAIN, async (from) => {
        const { chain, records, next } = await read(pageSchema, `${path}?from=${from}`);
        return { runId: chain, items: records, next };
      });
    },
  };
}

/**
 * The bytes of an answer of lrq, as they come. Throws with a sentence if lrq does not answer, or
 * refuses.
 */
export async function openAnswer(
  { url, key }: AppAddress,
  path: string,
  {
    signal = null,
    timeouts = PATIENT,
  }: { signal?: AbortSignal | null; timeouts?: ApiTimeouts } = {},
): Promise<AsyncIterable<Uint8Array>> {
  const headers = { authorization: await authorizationOf({ key }) };
  const asked = { headers, readMs: timeouts.readMs, signal };
  const response = await openResponse(`${url}/api/${path}`, asked).catch((error: unknown) => {
    throw new Stop(
      EXIT.unreachable,
      `lrq did not answer to ${path}: ${silenceText(error)}`,
      silenceOf(url, error),
    );
  });
  const { content } = bodyOf(response, timeouts.stallMs);
  if (response.statusCode === 200) return toItsEnd(content, path);
  throw refused(url, path, response, await beginningOf(content));
}

/** In lrq's own words if it is lrq that refuses, and else with the beginning of what came. */
function refused(url: string, path: string, response: IncomingMessage, said: string): Stop {
  const { statusCode: status = 0, headers } = response;
  const body = parsed(said, z.unknown());
  const stop = refusalOf(url, { status, retryAfter: headers["retry-after"] ?? null, body });
  if (body !== null) return stop;
  return new Stop(stop.exitCode, `lrq answered ${status} to ${path}: ${said}`, stop);
}

interface Page<T> {
  readonly runId: string;
  readonly items: readonly T[];
  readonly next: number | null;
}

/** A log, or decisions, from their pages. */
async function allOf<T>(
  runId: string,
  pageFrom: (from: number) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let from: number | null = 1;
  for (let pages = 0; from !== null && pages < PAGES_MAX; pages += 1) {
    const page: Page<T> = askedFor(runId, await pageFrom(from));
    all.push(...page.items);
    from = page.next;
  }
  return all;
}

/** The answer, if it is about what was asked for. */
function askedFor<T extends { readonly runId: string }>(runId: string, answer: T): T {
  if (answer.runId === runId) return answer;
  throw new Error(`lrq was asked for ${runId}, but answered about ${answer.runId}`);
}

/** The content, with a sentence in the place of what a broken connection throws. */
async function* toItsEnd(
  content: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`lrq ended ${path} after ${size} bytes: ${why}`, { cause: error });
  }
}

async function beginningOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of content) {
      pieces.push(chunk);
      size += chunk.byteLength;
      if (size > REFUSAL_BYTES_MAX) break;
    }
  } catch {
    // The status counts; the words are for people.
  }
  return Buffer.concat(pieces).toString("utf8", 0, REFUSAL_BYTES_MAX);
}
