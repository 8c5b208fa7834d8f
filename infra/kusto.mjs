// @ts-check
// The language service of KQL, for checking only: it is no package of this project, because nobody
// needs it to install, test or deploy lrq, and it has 31 MB.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const NAME = "@kusto/language-service-next";
const VERSION = "12.4.1";
const INTEGRITY =
  "sha512-8Ybwi1DVxnFZ8+mnw38ruXjSGIxA2jwx1HeqjStvMa5kSHzHPtEYm5n7et1fwgn5KDUZJzsSNjuRroiI+j8brA==";

/**
 * What finds mistakes in queries, fetched by npm if it is not there yet; or why there is none.
 * `check` gives a line for each mistake in a query over tables, which have the form
 * `(Column: type, ...)`.
 *
 * @returns {{ kind: "service",
 *     check: (query: string, tables: Readonly<Record<string, string>>) => string[] }
 *   | { kind: "none", why: string }}
 */
export function findKusto() {
  // Outside of the checkout: fetched once for all clones of this machine.
  const folder = join(homedir(), ".cache", "lrq", `kusto-${VERSION}`);
  if (!existsSync(folder) && !fetchInto(folder)) {
    return { kind: "none", why: `npm cannot fetch ${NAME} ${VERSION}` };
  }
  const load = createRequire(join(folder, "package.json"));
  // They leave what they have in the global scope.
  load(`${NAME}/bridge.min.js`);
  load(`${NAME}/Kusto.Language.Bridge.min.js`);
  const { GlobalState, KustoCode, Symbols } = Reflect.get(globalThis, "Kusto").Language;
  return {
    kind: "service",
    check: (query, tables) => {
      const symbols = Object.entries(tables).map(([name, columns]) =>
        Symbols.TableSymbol.From(columns).WithName(name),
      );
      const database = new Symbols.DatabaseSymbol.ctor("logs", symbols);
      const state = GlobalState.Default.WithDatabase(database);
      const found = KustoCode.ParseAndAnalyze(query, state).GetDiagnostics();
      return Array.from({ length: found.Count }, (_, index) => {
        const { Code, Message, Start } = found.getItem(index);
        return `${Code} at ${JSON.stringify(query.slice(Start, Start + 30))}: ${Message}`;
      });
    },
  };
}

/**
 * False if npm cannot fetch it. It takes only these bytes, and runs nothing of them.
 *
 * @param {string} folder
 */
function fetchInto(folder) {
  const partial = `${folder}.${process.pid}`;
  const dependencies = { [NAME]: VERSION };
  const packages = {
    "": { dependencies },
    [`node_modules/${NAME}`]: { version: VERSION, integrity: INTEGRITY },
  };
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(join(partial, "package.json"), JSON.stringify({ private: true, dependencies }));
    const lock = { lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(partial, "package-lock.json"), JSON.stringify(lock));
    const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    const shell = process.platform === "win32";
    execFileSync("npm", words, { cwd: partial, shell, stdio: "ignore" });
    renameSync(partial, folder);
    return true;
  } catch {
    // Another check may have fetched it meanwhile.
    return existsSync(folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
