// @ts-check
// `npm run infra:check`: compiles, lints and formats the Bicep with the real compiler, and compares
// what it would deploy with the committed snapshots, and what it makes of the Sentinel content with
// the committed templates. `npm run infra:write` writes them all. It also reads every query with the
// language service of KQL.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findCompiler } from "./compiler.mjs";
import { startCompiler } from "./compiler-process.mjs";
import { findKusto } from "./kusto.mjs";
import { alarmsIn, complete, queriesIn, TABLES } from "./queries.mjs";
import { bicepSources, HASH_FILE, hashOfSources, snapshotOf, templateOf } from "./sources.mjs";

const HERE = import.meta.dirname;

/** Of no tenant, and the same on every machine. */
const NOWHERE = {
  subscriptionId: "11111111-1111-1111-1111-111111111111",
  tenantId: "22222222-2222-2222-2222-222222222222",
  location: "westeurope",
};

/** Without what azd sets: main.bicepparam reads it. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(AZURE|LRQ)_/.test(name)),
);

const found = findCompiler();
if (found.kind === "none") {
  console.log(`infra:check skipped: no Bicep compiler, because ${found.why}.`);
} else {
  report(await check(found.path, process.argv.includes("--write")), bicepSources(HERE).length);
}
const kusto = findKusto();
if (kusto.kind === "none") {
  console.log(`infra:check skipped the queries: no language service, because ${kusto.why}.`);
} else {
  const queries = queriesIn(HERE);
  const all = [...queries, ...alarmsIn(HERE)];
  const problems = all.flatMap((query) =>
    kusto.check(complete(query, queries), TABLES).map((said) => `${query.name}: ${said}`),
  );
  report(problems, all.length, "queries");
}

/**
 * @param {readonly string[]} problems
 * @param {number} count
 * @param {string} what
 */
function report(problems, count, what = "files") {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`infra:check passed: ${count} ${what}.`);
}

/**
 * What is wrong, a line each. With `write` it writes what only has another form.
 *
 * @param {string} path
 * @param {boolean} write
 * @returns {Promise<string[]>}
 */
async function check(path, write) {
  const compiler = startCompiler(path, ENVIRONMENT);
  try {
    const sources = bicepSources(HERE).filter((source) => /\.bicep(param)?$/.test(source));
    const problems = [];
    for (const source of sources) problems.push(...(await diagnose(compiler, source)));
    // A module's problem is told with every file that uses it.
    if (problems.length > 0) return [...new Set(problems)];
    const different = [];
    for (const source of sources) {
      const { contents } = of(await compiler.ask("bicep/format", { path: join(HERE, source) }));
      different.push(...compare(source, contents, write));
    }
    for (const source of sources) {
      const template = templateOf(source);
      if (template === null) continue;
      const { contents } = of(await compiler.ask("bicep/compile", { path: join(HERE, source) }));
      different.push(...compare(template, `${String(contents).trimEnd()}\n`, write));
    }
    for (const source of sources.filter((each) => each.endsWith(".bicepparam"))) {
      const asked = { path: join(HERE, source), metadata: NOWHERE, externalInputs: null };
      const { snapshot } = of(await compiler.ask("bicep/getSnapshot", asked));
      different.push(...compare(snapshotOf(source), inOrder(snapshot), write));
    }
    return [...different, ...compare(HASH_FILE, `${hashOfSources(HERE)}\n`, write)];
  } finally {
    compiler.end();
  }
}

/**
 * Whatever the compiler and its linter say of a file and its modules. All of it counts: a wrong
 * type or an unknown property is only a warning, and the compiler goes on.
 *
 * @param {ReturnType<typeof startCompiler>} compiler
 * @param {string} source
 */
async function diagnose(compiler, source) {
  const asked = { path: join(HERE, source) };
  const { success, diagnostics } = of(
    source.endsWith(".bicepparam")
      ? await compiler.ask("bicep/compileParams", { ...asked, parameterOverrides: {} })
      : await compiler.ask("bicep/compile", asked),
  );
  if (!Array.isArray(diagnostics)) throw new Error(`no diagnostics of ${source}`);
  const said = diagnostics.map((each) => JSON.stringify(each));
  return success === true || said.length > 0 ? said : [`infra/${source} does not compile`];
}

/**
 * A snapshot with its outputs by name: the compiler gives them in another order each time.
 *
 * @param {unknown} snapshot
 */
function inOrder(snapshot) {
  const { outputs, ...rest } = of(JSON.parse(String(snapshot)));
  const byName = Object.entries(of(outputs)).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify({ ...rest, outputs: Object.fromEntries(byName) }, null, 2)}\n`;
}

/**
 * @param {string} path
 * @param {unknown} made
 * @param {boolean} write
 */
function compare(path, made, write) {
  if (typeof made !== "string") throw new Error(`the compiler made nothing of ${path}`);
  if (made === textOf(join(HERE, path))) return [];
  if (!write) return [`infra/${path} is not what the compiler makes: npm run infra:write`];
  writeFileSync(join(HERE, path), made);
  console.log(`wrote infra/${path}`);
  return [];
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * The members of an answer.
 *
 * @param {unknown} answer
 * @returns {Record<string, unknown>}
 */
function of(answer) {
  return typeof answer === "object" && answer !== null ? { ...answer } : {};
}
