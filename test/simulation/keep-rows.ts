import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runSchema } from "../../shared/ledger/run/run.ts";
import { sequenceSchema, type SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Row } from "../../shared/ports.ts";
import { spendRead } from "../../shared/store/spend-read.ts";
import { recordOutputRead } from "../../shared/workflow/view/record-output-read.ts";
import { wholeFor } from "../access/reaching.ts";
import { startGoingOn } from "../workflow/going-on.ts";
import { drawScenario } from "./draw.ts";
import { withHeldMachine } from "./keep-sweeps.ts";
import { simulate } from "./simulate.ts";
import type { Wrap } from "./world.ts";

/** Between two looks at the ledger: near commits differ little. */
const COMMITS_PER_LOOK = 7;
const LEDGERS_MAX = 8;
/** So that a fixture can be read by people, too. */
const ROWS_MAX = 100;

/** Members whose words are told apart, because code decides by them. */
const WORDS = /(?:^|\.)(?:state|kind|code|why|event|shape|from|closedBy|call)$/;

/** A ledger in the middle of its work, and what it has that others may not have. */
interface Look {
  readonly seed: number;
  /** The how manieth look of its simulation. */
  readonly number: number;
  readonly shows: ReadonlySet<string>;
}

/**
 * Keeps ledgers of these seeds in the middle of their work, as few as show every form of a row that
 * any of them has; and one more with what the simulation never does. Only one version of the app
 * writes them.
 */
export async function keepRows(folder: string, seeds: readonly number[]): Promise<void> {
  const looks: Look[] = [];
  for (const seed of seeds) {
    await lookAt(seed, (rows, number) => {
      if (rows.length <= ROWS_MAX) looks.push({ seed, number, shows: shownBy(rows) });
    });
  }
  mkdirSync(folder, { recursive: true });
  const chosen = fewestThatShowAll(looks);
  for (const { seed, number } of chosen) {
    await lookAt(seed, (rows, at, atMs) => {
      if (at === number) write(folder, `seed-${seed}-${number}`, { seed, atMs, rows });
    });
  }
  const rest = await withOutputReadAndCaps();
  write(folder, "readers-and-caps", { seed: 0, ...rest });
  write(folder, "held-by-a-round", { seed: 0, ...(await withHeldMachine()) });
}

async function lookAt(
  seed: number,
  look: (rows: readonly Row[], number: number, atMs: number) => void,
): Promise<void> {
  let commits = 0;
  const wrap: Wrap = (ports, { memory, clock }) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      commit: async (changes) => {
        const outcome = await ports.ledger.commit(changes);
        commits += 1;
        if (commits % COMMITS_PER_LOOK === 0) {
          look(memory.rows(), commits / COMMITS_PER_LOOK, clock.nowMs());
        }
        return outcome;
      },
    },
  });
  await simulate({ ...drawScenario(seed), versions: { mixed: false, odd: [] } }, { wrap });
}

function shownBy(rows: readonly Row[]): ReadonlySet<string> {
  const all = rows.flatMap(({ key, body }) => {
    const [kind = ""] = key.split("!", 1);
    return [kind, ...shown(body, kind)];
  });
  return new Set(all);
}

/** Every member that says something, and the words of those that code decides by. */
function shown(value: unknown, path: string): string[] {
  if (value === null || value === "" || value === false || value === 0) return [];
  if (Array.isArray(value)) return value.flatMap((each) => shown(each, path));
  if (typeof value === "object") {
    return Object.entries(value).flatMap(([name, each]) => shown(each, `${path}.${name}`));
  }
  return WORDS.test(path) ? [path, `${path} is ${JSON.stringify(value)}`] : [path];
}

/** The look that shows most of what is missing, again and again. */
function fewestThatShowAll(looks: readonly Look[]): Look[] {
  const missing = new Set(looks.flatMap(({ shows }) => [...shows]));
  const chosen: Look[] = [];
  const gain = ({ shows }: Look) =>
    [...shows].filter((each) => missing.has(each)).reduce((sum, each) => sum + weightOf(each), 0);
  while (missing.size > 0 && chosen.length < LEDGERS_MAX) {
    const best = looks.reduce((one, other) => (gain(other) > gain(one) ? other : one));
    chosen.push(best);
    for (const each of best.shows) missing.delete(each);
  }
  return chosen;
}

/** A kind of row that is there for a second only counts more than a rare member. */
function weightOf(shown: string): number {
  return shown.includes(".") ? 1 : 20;
}

/** What no simulated sender or reader does. */
async function withOutputReadAndCaps(): Promise<{ atMs: number; rows: readonly Row[] }> {
  const app = startGoingOn();
  const { ports, limits } = app;
  const callbacks = [target("soar", "setting", null), target("itsm", "sentinel", "/incidents/2")];
  const caps = { perIncident: 25, perCallerDay: 100, perDay: 500 };
  const sent = {
    caps,
    team: "soc",
    callbacks,
    idempotencyKey: "msg_1",
    signedAtSeconds: 1_800_000_000,
  };
  const runId = await app.accept("CASE-1", [1, 2], sent);
  await app.accept("CASE-1", [1, 2, 3], { caps, team: "soc", caller: "itsm" });
  for (const _ of [1, 2, 3]) {
    await app.drain();
    await app.poll();
  }
  await spendRead(ports, limits, "machines", { by: "itsm" });
  const run = runSchema.parse(await app.body(app.runKey(runId)));
  const bodies = await Promise.all((await app.sequenceKeys(runId)).map(app.body));
  const records = bodies.map((body) => sequenceSchema.parse(body)).map(asIfStored);
  const reach = { ...wholeFor("examiner"), seesOutput: true };
  await recordOutputRead(ports, { ...run, custody: { count: 1, head: "" } }, records, reach);
  return { atMs: ports.clock.earliest(), rows: app.ledger.rows() };
}

/** Its results cannot be had in this app, and nobody could see what the scripts wrote. */
function asIfStored(record: SequenceRecord): SequenceRecord {
  const script = { exitCode: 0, output: "x", errors: "" };
  return { ...record, results: record.results.map((each) => ({ ...each, script })) };
}

function target(caller: string, from: "setting" | "sentinel", armId: string | null) {
  const shape = from === "sentinel" ? ("sentinel" as const) : ("generic" as const);
  return {
    targetId: `target-of-${caller}`,
    from,
    caller,
    shape,
    host: "hooks.contoso.example",
    url: null,
    armId,
    events: ["run.accepted" as const, "run.finished" as const],
    later: [],
    delivered: null,
    endedAtMs: null,
  };
}

/** The first line says where the ledger is from and when; each row is a line. */
function write(
  folder: string,
  name: string,
  { seed, atMs, rows }: { seed: number; atMs: number; rows: readonly Row[] },
): void {
  const lines = [{ seed, atMs }, ...rows.map(({ key, body }) => ({ key, body }))];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(join(folder, `${name}.ndjson`), text, { flag: "wx" });
}
