import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { z } from "zod";

const FOLDER = "test/fixtures/releases";
const filesSchema = z.record(z.string(), z.string());

/**
 * The newest release that is kept, unpacked as it was deployed, with the local host of now in front
 * of it; its folder. It was built from the commit it is called after.
 */
export function unpackRelease(): string {
  const [name, ...others] = readdirSync(FOLDER).filter((each) => each.endsWith(".json.br"));
  if (name === undefined || others.length > 0) throw new Error(`one release is kept in ${FOLDER}`);
  const packed = brotliDecompressSync(readFileSync(join(FOLDER, name))).toString("utf8");
  const root = mkdtempSync(join(tmpdir(), "lrq-release-"));
  for (const [path, text] of Object.entries(filesSchema.parse(JSON.parse(packed)))) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  mkdirSync(join(root, "dist/local"), { recursive: true });
  copyFileSync("dist/local/host.mjs", join(root, "dist/local/host.mjs"));
  return root;
}
