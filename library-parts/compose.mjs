// @ts-check
// Live response runs one file. So the scripts here are put together from their parts, which are
// small and which several scripts share: a line `#: part.ps1` stands for that part.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const HERE = import.meta.dirname;

/**
 * The scripts by their names in the library.
 *
 * @returns {ReadonlyMap<string, string>}
 */
export function composedScripts() {
  const names = readdirSync(HERE).filter((name) => /^(?:[A-Z].*\.ps1|list-.*\.sh)$/.test(name));
  return new Map(names.map((name) => [name, composed(name)]));
}

/** @param {string} name */
function composed(name) {
  return readFileSync(join(HERE, name), "utf8").replace(
    /^#: (.+)\n/gm,
    (_, part) => `${readFileSync(join(HERE, part), "utf8")}\n`,
  );
}
