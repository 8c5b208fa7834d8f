// @ts-check
// `npm run library:compose`: writes the scripts into the library.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { composedScripts } from "./compose.mjs";

for (const [name, text] of composedScripts()) {
  writeFileSync(join(import.meta.dirname, "..", "library", name), text);
}
