import { z } from "zod";
import type { Lrq } from "../app/lrq.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";

const manifestSchema = z.object({
  entries: z.array(z.object({ storedAs: z.string(), sha256: z.string() })),
});

/**
 * The hash of each result by its path, as the custody chains of the runs say. For a run of which
 * the caller may see a part only, lrq refuses the chain; then the hashes are those of the list, and
 * `note` says so.
 */
export async function manifestHashes(
  lrq: Lrq,
  results: readonly { readonly runId: string; readonly path: string; readonly sha256: string }[],
  note: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const runId of new Set(results.map((each) => each.runId))) {
    try {
      const { value } = await lrq.get(`runs/${runId}/manifest`, manifestSchema);
      for (const { storedAs, sha256 } of value.entries) hashes.set(storedAs, sha256);
    } catch (error) {
      if (!(error instanceof Stop) || error.exitCode !== EXIT.refused) throw error;
      note(`The manifest of ${runId} is not for this caller; the hashes are those of the list.`);
      for (const each of results) if (each.runId === runId) hashes.set(each.path, each.sha256);
    }
  }
  return hashes;
}
