import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { serveBytes } from "./byte-server.ts";
import { benchDrain } from "./drain/drain.ts";
import { benchEvidence } from "./evidence.ts";
import { benchOperate } from "./operate/operate.ts";
import type { Figure } from "./measured.ts";
import { askOnce } from "./sweeps/ask-apart.ts";
import { serveLedger } from "./sweeps/ledger-process.ts";
import { planOnce } from "./sweeps/measure-memory.ts";
import { benchSweeps } from "./sweeps/sweeps.ts";
import { atLeast, atMost, markdownOf, row, tableOf, type Row } from "./table.ts";

// `npm run bench [-- PART] [--json FILE] [--markdown FILE]`: measures (all parts, if none is
// named), prints each figure with its bound, and ends with exit code 1 if a bound is missed.

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  drain: async () => await benchDrain(process.cwd(), say),
  operate: benchOperate,
  sweeps: async () => await benchSweeps(say),
  evidence: async () => (await benchEvidence()).map(rowOf),
};

const { values, positionals } = parseArgs({
  options: { json: { type: "string" }, markdown: { type: "string" } },
  allowPositionals: true,
});
const parts = positionals.length === 0 ? Object.keys(PARTS) : positionals;
if (parts[0] === "serve") await serveBytes();
else if (parts[0] === "ask") await askOnce(parts.slice(1));
else if (parts[0] === "ledger") serveLedger();
else if (parts[0] === "plan") await planOnce();
else if (parts.some((part) => PARTS[part] === undefined)) {
  say(`Usage: npm run bench -- [${Object.keys(PARTS).join("|")}] [--json FILE]`);
  process.exitCode = 2;
} else {
  await bench();
}

async function bench(): Promise<void> {
  const rows: Row[] = [];
  for (const part of parts) rows.push(...((await PARTS[part]?.()) ?? []));
  process.stdout.write(tableOf(rows));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 1)}\n`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, markdownOf(rows));
  process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
}

function rowOf({ what, value, unit, atMost: most, atLeast: least }: Figure): Row {
  const facts = { part: "evidence", measure: what, setting: "", value, unit };
  if (most !== undefined) return row({ ...facts, bound: atMost(most) });
  return row(least === undefined ? facts : { ...facts, bound: atLeast(least) });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
