import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { parsed } from "../lrq/parsed-json.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().positive();

/**
 * What the scripts for collectors leave beside the parts of an output. A machine wrote it: nothing
 * in it is relied on but the hashes, and these only to say what fits together.
 */
const manifestSchema = z
  .strictObject({
    version: z.literal(1),
    name: z.string().min(1),
    size,
    sha256,
    /** In their order; `path` is where the part was on the machine. */
    parts: z
      .array(z.strictObject({ path: z.string(), size, sha256 }))
      .min(1)
      .max(99),
  })
  .refine((all) => all.parts.reduce((sum, part) => sum + part.size, 0) === all.size);
export type PartManifest = z.infer<typeof manifestSchema>;

/** 99 parts with paths of some thousand characters. */
export const MANIFEST_BYTES_MAX = 2 ** 20;

/** The manifest in these bytes, as they are or in one gzip layer; null if they are none. */
export function manifestIn(bytes: Uint8Array): PartManifest | null {
  const text = Buffer.from(unpacked(bytes) ?? bytes).toString("utf8");
  return parsed(text, manifestSchema);
}

function unpacked(bytes: Uint8Array): Uint8Array | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: MANIFEST_BYTES_MAX });
  } catch {
    return null;
  }
}
