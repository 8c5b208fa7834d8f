// Writes docs/openapi.json from the forms in shared/api. Whoever changes one of them runs it, and a
// test compares.
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: ["shared/api/openapi.ts"],
  bundle: true,
  platform: "node",
  format: "esm",
  write: false,
});
const [bundle] = outputFiles;
const source = Buffer.from(bundle.contents).toString("base64");
const { openApiDocument } = await import(`data:text/javascript;base64,${source}`);
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
writeFileSync(new URL("docs/openapi.json", import.meta.url), text);
