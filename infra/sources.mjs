// @ts-check
// Which files the compiler reads, and a hash over them: so that a machine without the compiler sees
// that somebody changed the Bicep and left the snapshots as they were.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Beside the sources: their hash when the snapshots were last written. */
export const HASH_FILE = "sources.sha256";

/** Bicep, and what it loads. */
const SOURCE = /\.(bicep|bicepparam|kql)$|(^|[\\/])(bicepconfig|definition|workbook)\.json$/;

/**
 * The Bicep sources below `folder`, by their paths from there, with `/` on every system; also what
 * they load.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function bicepSources(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => SOURCE.test(path))
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();
}

/**
 * SHA-256 over names and contents of the Bicep sources, in hex.
 *
 * @param {string} folder
 * @returns {string}
 */
export function hashOfSources(folder) {
  const hash = createHash("sha256");
  for (const path of bicepSources(folder)) {
    const content = readFileSync(join(folder, path));
    hash.update(`${path}\n${content.byteLength}\n`).update(content);
  }
  return hash.digest("hex");
}

/**
 * The snapshot of what `parameters`, a .bicepparam, would deploy.
 *
 * @param {string} parameters
 */
export function snapshotOf(parameters) {
  return parameters.replace(/\.bicepparam$/, ".snapshot.json");
}

/**
 * The template that is made of `source` and committed, as it is deployed without a compiler; null
 * if there is none.
 *
 * @param {string} source
 */
export function templateOf(source) {
  return source.endsWith("/azuredeploy.bicep") ? source.replace(/\.bicep$/, ".json") : null;
}
