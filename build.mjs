// Builds three things: dist/app/main.mjs, the bundle; dist/package, the folder that is deployed, with
// the bundle and all that it reads; and dist/local/*.mjs, the local parts around it.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

const quiet = process.argv.includes("--quiet");
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  outExtension: { ".js": ".mjs" },
  legalComments: "none",
  define: { LRQ_VERSION: JSON.stringify(version), LRQ_COMMIT: JSON.stringify(commit()) },
  // The Azure SDKs are CommonJS inside: give them the require that an ES module lacks.
  banner: {
    js: 'import { createRequire as lrqRequire } from "node:module"; const require = lrqRequire(import.meta.url);',
  },
  logLevel: "warning",
  write: false,
};

const started = performance.now();
const built = await Promise.all([
  build({
    ...shared,
    entryPoints: { main: "functions/main.ts" },
    outdir: "dist/app",
    minify: true,
    external: ["@azure/functions-core"],
  }),
  // The operations page, for browsers; it lies beside the bundle that serves it.
  build({
    entryPoints: ["page/page.tsx", "page/page.css", "page/index.html"],
    outdir: "dist/app/page",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome120", "firefox121", "safari17"],
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".html": "copy" },
    legalComments: "none",
    logLevel: "warning",
    write: false,
  }),
  build({
    ...shared,
    entryPoints: { "bare-app": "bench/ingest/bare-app.ts" },
    outdir: "dist/bench",
    external: ["@azure/functions-core"],
  }),
  build({
    ...shared,
    entryPoints: {
      start: "local/start.ts",
      demo: "local/demo.ts",
      host: "local/host/main.ts",
      chaos: "local/chaos.ts",
      bench: "bench/main.ts",
      simulate: "test/simulation/main.ts",
    },
    outdir: "dist/local",
    external: ["azurite", "playwright-core"],
  }),
  // In pieces, so that a command loads what it needs: nine tenths of it are for `lrq doctor` only.
  build({
    ...shared,
    entryPoints: { lrq: "local/lrq.ts" },
    outdir: "dist/local",
    splitting: true,
    chunkNames: "lrq-[hash]",
  }),
]);
const outputs = built.flatMap(({ outputFiles }) => outputFiles);
replaceDist([...outputs, ...packaged(outputs)]);
if (!quiet) console.log(`built dist/ in ${Math.round(performance.now() - started)} ms`);

/**
 * What azd compresses as it is: nothing is installed or built in Azure. Profiles, rules and pins
 * are files beside the bundle, so that they can be replaced without building it.
 */
function packaged(outputs) {
  const root = import.meta.dirname;
  const into = (path, contents) => ({ path: join(root, "dist", "package", path), contents });
  const names = readdirSync(join(root, "profiles")).filter((name) => name.endsWith(".json"));
  const pins = "library/library.json";
  const copied = ["host.json", pins, ...names.map((name) => `profiles/${name}`)];
  const app = join(root, "dist", "app");
  const served = outputs.filter(({ path }) => path.startsWith(app) && !path.endsWith(".map"));
  // Only what the host reads: a list of packages would look like something to install.
  const manifest = {
    name: "lrq",
    version,
    private: true,
    type: "module",
    main: "dist/app/main.mjs",
  };
  return [
    ...copied.map((path) => into(path, readFileSync(join(root, path)))),
    into("package.json", Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)),
    ...served.map(({ path, contents }) => into(relative(root, path), contents)),
  ];
}

/**
 * Leaves in dist just these files. One that is the same is not touched, and one that changes does so
 * at once: whatever is running from there may read it meanwhile.
 */
function replaceDist(files) {
  const dist = join(import.meta.dirname, "dist");
  mkdirSync(dist, { recursive: true });
  const wanted = new Set(files.map(({ path }) => path));
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !wanted.has(path)) rmSync(path);
  }
  for (const { path, contents } of files) {
    if (isSame(path, contents)) continue;
    mkdirSync(dirname(path), { recursive: true });
    const next = `${path}.${process.pid}`;
    writeFileSync(next, contents);
    renameSync(next, path);
  }
}

function isSame(path, contents) {
  try {
    return readFileSync(path).equals(contents);
  } catch {
    return false;
  }
}

/** The commit this is built from, with a plus sign behind it when the files differ from it. */
function commit() {
  try {
    return git("rev-parse", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

function git(...words) {
  const options = {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  };
  return execFileSync("git", words, options).trim();
}
