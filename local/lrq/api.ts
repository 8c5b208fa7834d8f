import { z } from "zod";
import { auditRecordSchema, type AuditRecord } from "../../shared/evidence/audit.ts";
import { manifestSchema, type ManifestFile } from "./custody-folder.ts";

/** A stored result as the API lists it. */
const listedSchema = z.object({ sequenceId: z.string(), index: z.int(), path: z.string() });
export type Listed = z.infer<typeof listedSchema>;

/**
 * What an export asks of lrq. Every call throws with a sentence when lrq does not answer, refuses,
 * or answers something else than it should.
 */
export interface EvidenceApi {
  manifest(runId: string): Promise<ManifestFile>;
  list(runId: string): Promise<readonly Listed[]>;
  /** The bytes of one result, as they come. */
  open(runId: string, listed: Listed): Promise<AsyncIterable<Uint8Array>>;
  /** The log of the run, or of the queue when it is null; whole. */
  audit(runId: string | null): Promise<readonly AuditRecord[]>;
}

/** Until the first byte; a file itself may take as long as it takes. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Pages of 1,000 records. */
const PAGES_MAX = 10_000;

/** lrq at `url`, which is the host's address without `/api`. */
export function evidenceApi(
  { url, key }: { readonly url: string; readonly key: string },
  signal: AbortSignal | null = null,
): EvidenceApi {
  const call = async (path: string): Promise<Response> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("no answer in time")), ANSWER_TIMEOUT_MS);
    const signals = [late.signal, ...(signal === null ? [] : [signal])];
    try {
      const response = await fetch(`${url}/api/${path}`, {
        headers: { authorization: `Bearer ${key}` },
        signal: AbortSignal.any(signals),
      });
      if (response.ok) return response;
      throw new Error(`lrq answered ${response.status} to ${path}: ${await response.text()}`);
    } finally {
      clearTimeout(timer);
    }
  };
  const read = async <Schema extends z.ZodType>(schema: Schema, path: string) =>
    schema.parse(await (await call(path)).json());
  return {
    manifest: async (runId) => await read(manifestSchema, `runs/${runId}/manifest`),
    list: async (runId) => {
      const answer = z.object({ evidence: z.array(listedSchema) });
      return (await read(answer, `runs/${runId}/evidence`)).evidence;
    },
    open: async (runId, { sequenceId, index }) => {
      const { body } = await call(`runs/${runId}/evidence/${sequenceId}/${index}`);
      return body ?? nothing();
    },
    audit: async (runId) => {
      const page = z.object({ records: z.array(auditRecordSchema), next: z.int().nullable() });
      const path = runId === null ? "audit" : `runs/${runId}/audit`;
      const all: AuditRecord[] = [];
      let from: number | null = 1;
      for (let pages = 0; from !== null && pages < PAGES_MAX; pages += 1) {
        const { records, next }: z.infer<typeof page> = await read(page, `${path}?from=${from}`);
        all.push(...records);
        from = next;
      }
      return all;
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* [];
}
