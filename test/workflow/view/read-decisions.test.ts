import { describe, expect, it } from "vitest";
import { decisionChains } from "../../../local/lrq/custody-folder.ts";
import { verifyDecisions } from "../../../shared/evidence/decision.ts";
import { statementOf } from "../../../shared/evidence/statement.ts";
import { RATE_TOKEN_KEY } from "../../../shared/ledger/row/keys.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { listSequences } from "../../../shared/store/list-sequences.ts";
import { loadBudget } from "../../../shared/store/load.ts";
import { pause, resume } from "../../../shared/workflow/operate/pause.ts";
import { readDecisions } from "../../../shared/workflow/view/read-decisions.ts";
import { startGoingOn, type GoingOn } from "../going-on.ts";

const IMPERSONATION = {
  actionId: "x",
  part: 0,
  attempt: 1,
  machineId: null,
  requestor: null,
  why: "attempt",
  seenAtMs: 1,
};

/** Until all that waits has gone, and has ended. */
async function untilQuiet(app: GoingOn): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await app.drain();
    await app.poll();
  }
}

/** What the run would be sealed with now. */
async function stated({ ports, body, runKey }: GoingOn, runId: string) {
  const run = runSchema.parse(await body(runKey(runId)));
  const { records } = await listSequences(ports.ledger, run);
  const queue = (await loadBudget(ports.ledger)).value.audit;
  return statementOf({ run, records, queue, atMs: ports.clock.earliest() }, "unsealed");
}

describe("what the queue decided about a run", () => {
  it("is read to the end that a seal names, and tells nothing of other runs", async () => {
    const app = startGoingOn();
    const [one, other] = [await app.accept("ONE", [1, 2]), await app.accept("OTHER", [3, 4])];
    await untilQuiet(app);
    const page = await readDecisions(app.ports, one, 1);
    expect(page?.next).toBeNull();
    expect(JSON.stringify(page)).not.toContain(other);
    const statement = await stated(app, one);
    const chains = decisionChains(statement, page?.decisions ?? []);
    for (const { sequenceId, decisions } of statement.sequences) {
      const own = chains.filter((each) => each.sequenceId === sequenceId);
      expect(own.map(({ event }) => event)).toEqual(["claimed", "submitted", "ended"]);
      const end = { number: decisions?.count ?? 0, hash: decisions?.head ?? "" };
      expect(verifyDecisions(own, end)).toMatchObject({ kind: "ok" });
    }
  });

  it("comes in pages of the queue's log, which may be empty", async () => {
    const app = startGoingOn();
    const runId = await app.accept("ONE", [1]);
    await app.drain();
    // Each is a record in the log of the queue: together they are more than a page.
    for (let times = 0; times < 600; times += 1) {
      await pause(app.ports, { by: "op", why: "" });
      await resume(app.ports, app.limits, "op");
    }
    await untilQuiet(app);
    const first = await readDecisions(app.ports, runId, 1);
    const second = await readDecisions(app.ports, runId, first?.next ?? 0);
    const events = [first, second].map((page) => page?.decisions.map(({ event }) => event));
    expect(events).toEqual([["claimed", "submitted"], ["ended"]]);
    expect([first?.next, second?.next]).toEqual([1_001, null]);
    expect(await readDecisions(app.ports, runId, 5_000)).toMatchObject({
      decisions: [],
      next: null,
    });
  });

  it("is nothing before the first claim, and not known of a run that is not there", async () => {
    const app = startGoingOn();
    const runId = await app.accept("ONE", [1]);
    expect(await readDecisions(app.ports, runId, 1)).toMatchObject({ decisions: [], next: null });
    expect((await stated(app, runId)).sequences).toMatchObject([{ decisions: { count: 0 } }]);
    expect(await readDecisions(app.ports, "0".repeat(20), 1)).toBeNull();
    expect(await readDecisions(app.ports, "no run", 1)).toBeNull();
  });
});

describe("a chain that may lack a decision", () => {
  it("is told to nobody, once an older version has written into the queue's log", async () => {
    const app = startGoingOn();
    const runId = await app.accept("ONE", [1]);
    await app.drain();
    await asOlder(app);
    expect((await stated(app, runId)).sequences).toMatchObject([{ decisions: null }]);
    await untilQuiet(app);
    expect((await stated(app, runId)).sequences).toMatchObject([{ decisions: null }]);
    expect(await readDecisions(app.ports, runId, 1)).toMatchObject({ decisions: [] });
    const next = await app.accept("NEXT", [2]);
    await untilQuiet(app);
    expect((await stated(app, next)).sequences).toMatchObject([{ decisions: { count: 3 } }]);
  });

  it.each([
    ["claimed the sequence", { attempts: 1 }],
    ["noted an impersonation of it", { impersonations: [IMPERSONATION] }],
  ])("is never begun after an older version has %s", async (_, said) => {
    const app = startGoingOn();
    const runId = await app.accept("ONE", [1]);
    const [key = ""] = await app.sequenceKeys(runId);
    await app.tamper(key, said);
    expect((await stated(app, runId)).sequences).toMatchObject([{ decisions: null }]);
    await untilQuiet(app);
    expect((await stated(app, runId)).sequences).toMatchObject([{ decisions: null }]);
  });
});

/** The end of the queue's log as a version writes it that knows no chains of decisions. */
async function asOlder({ tamper, body }: GoingOn): Promise<void> {
  const { audit } = Object(await body(RATE_TOKEN_KEY));
  await tamper(RATE_TOKEN_KEY, { audit: { count: audit.count, head: audit.head } });
}
