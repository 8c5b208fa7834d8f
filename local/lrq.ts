#!/usr/bin/env node
import { nodeTrouble } from "./lrq/command/node-trouble.ts";

// `npx lrq`: submits, watches and steers runs, and brings their evidence out. Everything else is
// loaded after the version of Node is known: an older one cannot even read it.
const trouble = nodeTrouble(process.versions.node);
if (trouble === null) {
  const { main } = await import("./lrq/main.ts");
  process.exitCode = await main();
} else {
  process.stderr.write(`${trouble}\n`);
  process.exitCode = 1;
}
