import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { serveBytes } from "./byte-server.ts";
import { benchEvidence, type Figure } from "./evidence.ts";

// `npm run bench -- VERB [--json FILE]`: measures, prints each figure with its bound, and ends with
// exit code 1 if a bound is broken.

const VERBS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  evidence: benchEvidence,
};

const { values, positionals } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});
const [verb = ""] = positionals;
const bench = VERBS[verb];
if (verb === "serve") await serveBytes();
else if (bench === undefined) {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(VERBS).join("|")} [--json FILE]\n`);
  process.exitCode = 2;
} else {
  const figures = await bench();
  for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ verb, figures }, null, 1)}\n`);
  }
  process.exitCode = figures.every(isKept) ? 0 : 1;
}

function isKept({ value, atMost, atLeast }: Figure): boolean {
  return value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? 0);
}

function lineOf(figure: Figure): string {
  const { what, value, unit, atMost, atLeast } = figure;
  const bounds = [
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
  ];
  const bound =
    bounds.length === 0 ? "" : `  (${bounds.join(", ")}${isKept(figure) ? "" : ": BROKEN"})`;
  return `${what.padEnd(56)} ${value.toFixed(2).padStart(9)} ${unit}${bound}`;
}
