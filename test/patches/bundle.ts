import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { patched, pathOf, type Patch } from "./patch.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The program with the bug in it, as one text: all that the file needs, which is given by its path
 * from the root of the project. Packages stay outside, for they need no bug. Nothing is written.
 * Throws if the file does not need what the patch changes.
 */
export async function bundleWith(
  patch: Patch,
  entry: { readonly file: string; readonly format: "cjs" | "esm" },
): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry.file],
    bundle: true,
    platform: "node",
    target: "node20",
    format: entry.format,
    packages: "external",
    write: false,
    logLevel: "silent",
    banner: entry.format === "esm" ? { js: REQUIRE } : {},
    plugins: [planting(patch, entry.file), commonJsInside],
  });
  return outputFiles[0]?.text ?? "";
}

/** Node cannot tell the names that these export. */
const COMMON_JS = /^@azure\/functions$/;
/** For what they need in turn; an ES module has none of its own. */
const REQUIRE =
  'import { createRequire as outer } from "node:module"; const require = outer(import.meta.url);';

const commonJsInside: Plugin = {
  name: "CommonJS inside",
  setup: (making) => {
    making.onResolve({ filter: COMMON_JS }, ({ path }) => {
      return { path: createRequire(import.meta.url).resolve(path) };
    });
  },
};

function planting(patch: Patch, entry: string): Plugin {
  const path = pathOf(patch);
  return {
    name: "planting",
    setup: (making) => {
      let isPlanted = false;
      making.onLoad({ filter: /\.ts$/ }, async (file) => {
        isPlanted ||= file.path === path;
        const text = file.path === path ? patched(patch) : await readFile(file.path, "utf8");
        return { contents: inPlace(text, file.path), loader: "ts" };
      });
      making.onEnd(() => {
        if (!isPlanted) throw new Error(`${entry} does not use ${patch.file}.`);
      });
    },
  };
}

/** A file that looks for others beside it finds them from the bundle, too. */
function inPlace(text: string, path: string): string {
  return text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
}
