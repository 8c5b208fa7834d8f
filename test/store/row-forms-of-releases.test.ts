import { wholeFor } from "../access/reaching.ts";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isWithin } from "../../shared/ledger/row/key-range.ts";
import { sorted } from "../../shared/ledger/row/set-aside.ts";
import { SWEEP } from "../../shared/ledger/row/sweep-keys.ts";
import { roundSchema } from "../../shared/sweep/round.ts";
import { sweepSchema } from "../../shared/sweep/sweep.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { advanceSweeps } from "../../shared/workflow/sweep/advance.ts";
import { pauseSweep } from "../../shared/workflow/sweep/steer-sweep.ts";
import { CATALOGUE } from "../simulation/profiles.ts";
import { RATE_TOKEN_PAUSED_KEY, OWED, sequenceIdIn } from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import { runSchema } from "../../shared/ledger/run/run.ts";
import { SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";
import { ROW_FORMS, formOf } from "../../shared/store/row-forms.ts";
import { resume } from "../../shared/workflow/operate/pause.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { resumeRun } from "../../shared/workflow/operate/resume-run.ts";
import { lostNewer, withNewer } from "../simulation/newer-fields.ts";
import { startGoingOn, type GoingOn } from "../workflow/going-on.ts";

const FOLDER = "test/fixtures/rows";
/** Nobody is a caller any more. */
const SWEEPING = {
  expiryMs: 72 * 3_600_000,
  catalogue: CATALOGUE,
  routing: { rules: [] },
  scope: {},
  policy: null,
  approvalMs: 3_600_000,
  callers: [],
  caps: { perIncident: 50, perCallerDay: 10_000, perDay: 10_000 },
};
const headSchema = z.strictObject({ seed: z.number(), atMs: z.number() });
const rowSchema = z.strictObject({ key: z.string(), body: z.looseObject({ v: z.number() }) });

/** A whole ledger as a release left it. */
interface Left {
  readonly name: string;
  readonly atMs: number;
  readonly rows: readonly z.infer<typeof rowSchema>[];
}

const FILES = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ndjson"),
);
const LEDGERS = FILES.map((name): Left => {
  const [head = "", ...lines] = readFileSync(`${FOLDER}/${name}`, "utf8").trim().split("\n");
  const { atMs } = headSchema.parse(JSON.parse(head));
  return {
    name,
    atMs: Math.ceil(atMs),
    rows: lines.map((line) => rowSchema.parse(JSON.parse(line))),
  };
});
/**
 * Written only while the budget cannot be read, or while the answer to a query is listed; no kept
 * ledger has them yet.
 */
const SELDOM = new Set([RATE_TOKEN_PAUSED_KEY, "hunted"]);
const ROWS = LEDGERS.flatMap(({ rows }) => rows);

describe("the rows that a release left", () => {
  it("show every kind of row, and every state of a sequence", () => {
    const kinds = new Set(ROWS.map(({ key }) => key.split("!", 1)[0]));
    const wanted = Object.keys(ROW_FORMS).filter((kind) => !SELDOM.has(kind));
    expect(wanted.filter((kind) => !kinds.has(kind))).toEqual([]);
    const states = new Set(
      ROWS.map(({ key, body }) => key.startsWith("sequence!") && body["state"]),
    );
    expect(SEQUENCE_STATES.filter((state) => !states.has(state))).toEqual([]);
  });

  it("show what came with teams", () => {
    const said = ROWS.map(({ body }) => JSON.stringify(body));
    for (const form of [
      /"team":"/,
      /"sequenceId":.*"requestedBy":"/,
      /"outputRead":\[\{/,
      /"callbacks":.*"armId":"/,
      /"claims":\[\{/,
      /"impersonations":\[\{/,
      /"machinesBy":\{"/,
      /"signedAtSeconds":\d/,
    ]) {
      expect(said.filter((body) => form.test(body)).length).toBeGreaterThan(0);
    }
  });

  it("show what came with decisions and facts", () => {
    const said = ROWS.map(({ body }) => JSON.stringify(body));
    const forms = [
      /"decisions":\{"count":[1-9]/,
      /"linkedFrom":\d/,
      /"machineFacts":\{[^}]*"health":[^}]*"atMs":\d/,
      /"listPages":[2-9]/,
    ];
    expect(forms.filter((form) => !said.some((body) => form.test(body)))).toEqual([]);
  });

  it("show what came with sweeps", () => {
    const said = ROWS.map(({ key, body }) => `${key} ${JSON.stringify(body)}`);
    const forms = [
      /^sequence!.*"sweep":\{"name"/,
      /^run!.*"sweep":\{"name"/,
      /^sequence!.*"rows":\{"count":[1-9]/,
      /^round!.*"state":"running"/,
      /^round!.*"state":"ended"/,
      /^round!.*"inHand":\[\{/,
      /^round!.*"hindrance":\{/,
      /^round!.*"rows":\[\{"profile"/,
      /^sweep!.*"open":\[\d/,
      /^sweep!.*"last":\{/,
      /^swept!.*"reached":\{/,
    ];
    expect(forms.filter((form) => !said.some((body) => form.test(body)))).toEqual([]);
  });

  it("are all read, with everything that they say", () => {
    for (const { key, body } of ROWS) expect(formOf(key)?.parse(body)).toMatchObject(body);
  });
});

describe.each(LEDGERS)("the ledger $name", (left) => {
  it.each([
    ["as it was left", (_: string, body: unknown) => body],
    ["with fields of a later version", withNewer],
  ])("%s goes on to its end, and no row gets narrower", { timeout: 60_000 }, async (_, written) => {
    const narrowed: string[] = [];
    const app = await opened(left, written, narrowed);
    const [first = ""] = runsIn(app);
    await resume(app.ports, app.limits, "op");
    for (const runId of runsIn(app)) await resumeRun(app.ports, app.limits, runId, "op");
    if (first !== "") await cancelRun(app.ports, app.limits, first, wholeFor("op"));
    await untilDone(app);
    expect(open(app)).toEqual([]);
    await untilRoundsEnd(app);
    expect(openRounds(app)).toEqual([]);
    expect(narrowed).toEqual([]);
    expect((await app.status()).setAside.count).toBe(0);
  });
});

/** The app on that ledger; `narrowed` gets what its writes lose. */
async function opened(
  { rows, atMs }: Left,
  written: (key: string, body: unknown) => unknown,
  narrowed: string[],
): Promise<GoingOn> {
  const app = startGoingOn({
    startMs: atMs,
    ledger: (ledger) => ({
      ...ledger,
      commit: async (changes) => {
        for (const each of changes) narrowed.push(...(await losses(ledger, each)));
        return await ledger.commit(changes);
      },
    }),
  });
  for (const { key, body } of rows) await app.insert(key, written(key, body));
  app.knowActions();
  return app;
}

async function losses(
  ledger: { read: (key: string) => Promise<{ body: unknown } | null> },
  change: RowChange,
): Promise<string[]> {
  if (change.op !== "replace") return [];
  const before = await ledger.read(change.key);
  return before === null ? [] : lostNewer(change.key, before.body, change.body);
}

/** Days in steps of minutes while there is something to do, with all that is owed collected. */
async function untilDone(app: GoingOn): Promise<void> {
  const STEPS = 2_000;
  for (let step = 0; step < STEPS && open(app).length > 0; step += 1) {
    await app.drain();
    await app.poll();
    const owed = app.ledger.rows().filter(({ key }) => isWithin(key, OWED));
    for (const { key } of owed) await app.collect(sequenceIdIn(key));
    if (step > 60) app.pass(3_600_000);
  }
}

/**
 * Sweeps are paused, so that no round starts any more, and those that are open expire: nobody may
 * send what they have left.
 */
async function untilRoundsEnd(app: GoingOn): Promise<void> {
  const STEPS = 400;
  const countedCommits = createCountedCommits(app.ports);
  const ports = { ...app.ports, countedCommits };
  for (const { value } of sorted(sweepSchema, app.ledger.rows().filter(isSweep)).readable) {
    await pauseSweep(ports, { name: value.name, by: "op" });
  }
  for (let step = 0; step < STEPS && openRounds(app).length > 0; step += 1) {
    await advanceSweeps(ports, { ...SWEEPING, limits: app.limits });
    app.pass(3_600_000);
  }
}

const isSweep = ({ key }: { key: string }) => isWithin(key, SWEEP);

function openRounds({ ledger }: GoingOn): string[] {
  return ledger
    .rows()
    .filter(({ key }) => key.startsWith("round!"))
    .filter(({ body }) => roundSchema.parse(body).state !== "ended")
    .map(({ key }) => key);
}

function runsIn({ ledger }: GoingOn): string[] {
  return runs(ledger.rows()).map(({ runId }) => runId);
}

function open({ ledger }: GoingOn): string[] {
  const left = runs(ledger.rows()).filter(({ finishedAtMs }) => finishedAtMs === null);
  return left.map(({ runId }) => runId);
}

function runs(rows: readonly { key: string; body: unknown }[]) {
  return rows.filter(({ key }) => key.startsWith("run!")).map(({ body }) => runSchema.parse(body));
}
