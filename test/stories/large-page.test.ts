import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { madeWhenRead } from "../../bench/operate/made-when-read.ts";
import { callersHere, portsOn } from "../../bench/operate/many-runs.ts";
import { listRuns } from "../../shared/workflow/view/list-runs.ts";
import { page as pageOf } from "../docs/markdown.ts";
import { findChromium } from "./chromium.ts";
import { incident, machines } from "./machines.ts";
import { openPage } from "./page-in-chromium.ts";
import { KEY, openStage, type Stage } from "./stage.ts";

const MACHINES = 500;
const RUNS = 10_000;
/** Rows that the page draws at once. */
const DRAWN = 50;

const DECISIONS = 1_120;
/** Records in one answer. */
const AUDIT_PAGE = 1_000;

const found = await findChromium();
const AT = found.kind === "found" ? "" : ` (not run: ${found.why})`;

describe.skipIf(found.kind === "none")(`the page with much to show${AT}`, () => {
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    if (found.kind === "none") return;
    const env = { CAP_MACHINES_PER_INCIDENT: String(MACHINES), CANARY_ABOVE: "100000" };
    stage = await openStage({ machines: machines(MACHINES), env });
    browser = await found.start();
    await stage.call("POST", "pause", { reason: "so that they wait" });
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  it("draws 500 machines of a run fifty at a time, each of them in the end", async () => {
    const numbers = Array.from({ length: MACHINES }, (_, at) => at + 1);
    const { runId } = await stage.accept("generic", incident("large", numbers));
    const { page, go, complaints, close } = await openPage(browser, { url: stage.url, key: KEY });
    await go(`#/runs/${runId}`, /^Story large/);
    const rows = page.getByRole("region", { name: "Machines of the run" }).getByRole("rowheader");
    expect(await rows.count()).toBe(DRAWN);
    for (let drawn = DRAWN; drawn < MACHINES; drawn += DRAWN) {
      await page.getByRole("button", { name: /^Show 50 more of/ }).click();
      await rows.nth(drawn + DRAWN - 1).waitFor();
      expect(await rows.count()).toBe(drawn + DRAWN);
    }
    expect(new Set(await rows.allTextContents()).size).toBe(MACHINES);
    expect(complaints).toEqual([]);
    await close();
  });

  it("shows the newest of 1,120 decisions, and all of them in the end, fifty at a time", async () => {
    const { page, go, complaints, close } = await openPage(browser, { url: stage.url, key: KEY });
    await page.route("**/api/audit*", async (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("from") ?? DECISIONS);
      await route.fulfill({ json: decisionsFrom(from) });
    });
    await go("#/activity", "Activity");
    const rows = page.getByRole("rowheader");
    await rows
      .first()
      .filter({ hasText: `decision-${DECISIONS}` })
      .waitFor();
    for (let drawn = DRAWN; drawn < DECISIONS; drawn = Math.min(drawn + DRAWN, DECISIONS)) {
      expect(await rows.count()).toBe(drawn);
      const next = drawn === AUDIT_PAGE ? "Older" : /^Show \d+ more of/;
      await page.getByRole("button", { name: next }).click();
      await rows.nth(drawn).waitFor();
    }
    const names = await rows.allTextContents();
    expect(names.at(-1)).toBe("decision-1");
    expect(new Set(names).size).toBe(DECISIONS);
    expect(complaints).toEqual([]);
    await close();
  });

  it("shows the newest of 10,000 runs, and older ones a page at a time", async () => {
    const [caller] = callersHere();
    if (caller === undefined) throw new Error("there is no caller");
    const ports = portsOn(madeWhenRead(RUNS));
    const { page, go, complaints, close } = await openPage(browser, { url: stage.url, key: KEY });
    // The app's own code on rows that need not be stored; only the storage is left out.
    await page.route("**/api/runs*", async (route) => {
      const cursor = new URL(route.request().url()).searchParams.get("cursor");
      const none = { state: null, source: null, incidentId: null, sinceMs: null };
      const asked = { ...none, needsAttention: false, limit: DRAWN, cursor };
      await route.fulfill({ json: await listRuns(ports, caller, asked) });
    });
    await go("#/runs", "Runs");
    const rows = page.getByRole("rowheader");
    await rows.first().filter({ hasText: "generic:case-0" }).waitFor();
    for (let shown = DRAWN; shown < 4 * DRAWN; shown += DRAWN) {
      expect(await rows.count()).toBe(shown);
      await page.getByRole("button", { name: "Older" }).click();
      await rows
        .nth(shown + DRAWN - 1)
        .filter({ hasText: `case-${shown + DRAWN - 1}` })
        .waitFor();
    }
    expect(complaints).toEqual([]);
    await close();
  });
});

describe("the files of the page", () => {
  it("are as large as the measurements say, to a twentieth, and at most 100 kB compressed", () => {
    const files = ["index.html", "page.js", "page.css"];
    const sizes = files.map((name) => gzipSync(readFileSync(`dist/app/page/${name}`)).length);
    const kB = sizes.reduce((sum, size) => sum + size, 0) / 1_000;
    const said = /\| the page, gzipped \| three files \| ([\d.]+) kB/.exec(
      pageOf("docs/benchmarks.md"),
    );
    expect(kB).toBeLessThan(100);
    expect(kB / Number(said?.[1])).toBeCloseTo(1, 1);
  });
});

/** A page of the log backwards, as `GET audit?newest=true` answers it. */
function decisionsFrom(from: number) {
  const length = Math.min(AUDIT_PAGE, from);
  const records = Array.from({ length }, (_, index) => {
    const number = from - index;
    const event = `decision-${number}`;
    return { number, at: "2026-11-29T03:00:00.000Z", event, by: null, sequences: [], detail: "" };
  });
  return { v: 1, chain: "queue", head: {}, records, next: from > length ? from - length : null };
}
