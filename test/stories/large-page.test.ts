import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { madeWhenRead } from "../../bench/operate/made-when-read.ts";
import { callersHere, portsOn } from "../../bench/operate/many-runs.ts";
import { listRuns } from "../../shared/workflow/view/list-runs.ts";
import { findChromium } from "./chromium.ts";
import { incident, machines } from "./machines.ts";
import { openPage } from "./page-in-chromium.ts";
import { KEY, openStage, type Stage } from "./stage.ts";

const MACHINES = 500;
const RUNS = 10_000;
/** Rows that the page draws at once. */
const DRAWN = 50;

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
