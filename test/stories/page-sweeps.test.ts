import { gzipSync } from "node:zlib";
import type { Browser, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { findChromium } from "./chromium.ts";
import { FAR_DAY, FAR_DAY_NAME } from "./far-day.ts";
import { machine, machineId } from "./machines.ts";
import { barriersIn, fits, LOOKS, openPage, tabTo, type OpenedPage } from "./page-in-chromium.ts";
import { hashed } from "./signing.ts";
import { areInItsRun, hasEnded, untilRound } from "./rounds.ts";
import { openStage, type Stage } from "./stage.ts";

/** What a machine or a person may write to break out of a page. */
const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
/** It turns what stands behind it around. */
const TURNED = "exe.\u202Etxt";

const AUTOSTARTS = {
  name: "autostarts",
  title: `Autostarts ${HOSTILE}`,
  profiles: ["sweep-autostarts-unix"],
  targets: { include: [{ tags: ["all"] }], exclude: [{ names: ["dc-*"] }] },
  schedule: { cron: `0 22 * * ${FAR_DAY}`, zone: "Europe/Berlin" },
  share: 1,
  firstWave: 0,
};
/** Of one machine, in which somebody else works: a round of it stays open. */
const BUSY = { ...AUTOSTARTS, name: "busy", title: "Busy", targets: named("srv-busy") };
const QUIET = { ...AUTOSTARTS, name: "quiet", title: "Quiet", targets: named("srv-1") };
/** Of no machine: a round of it is over at once. */
const EMPTY = { ...AUTOSTARTS, name: "empty", title: "Empty", targets: named("nobody") };

const found = await findChromium();
const AT = found.kind === "found" ? "" : ` (not run: ${found.why})`;

describe.skipIf(found.kind === "none")(`the sweeps of the operations page${AT}`, () => {
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    if (found.kind === "none") return;
    [stage, browser] = await Promise.all([openedStage(), found.start()]);
    for (const sweep of [AUTOSTARTS, BUSY, QUIET, EMPTY]) {
      await stage.call("PUT", `sweeps/${sweep.name}`, sweep, { key: "hunter" });
    }
    await ask("sweeps/autostarts/resume");
    await ask("sweeps/busy/start");
    for (const round of [1, 2]) {
      await ask("sweeps/autostarts/start");
      await untilRound(stage, { sweep: "autostarts", round, key: "hunter" }, hasEnded);
    }
    await untilRound(stage, { sweep: "busy", round: 1, key: "hunter" }, areInItsRun(1));
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const ask = async (path: string): Promise<number> =>
    (await stage.call("POST", path, undefined, { key: "hunter" })).status;

  const opened = async (options = {}, key = "hunter"): Promise<OpenedPage> =>
    await openPage(browser, { url: stage.url, key }, options);

  it("are listed with the next start, what is open, and what the last round reached", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps", "Sweeps");
    const row = page.getByRole("row").filter({ hasText: "Autostarts" });
    await row.getByText("5 of 6, 83 %").waitFor();
    const said = (await row.textContent()) ?? "";
    expect(said).toContain(HOSTILE);
    expect(said).toMatch(/in \d+ (d|h|min|s).* here /);
    const busy = page.getByRole("row").filter({ hasText: "Busy" });
    expect(await busy.textContent()).toMatch(/paused.*round 1none yet/);
    await row.getByRole("link", { name: /^Autostarts/ }).click();
    await page.getByRole("heading", { level: 1, name: /^Autostarts/ }).waitFor();
    expect(await page.locator("img, body script").count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("say in plain words what one does, and which machines it has not reached and why", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/autostarts", /^Autostarts/);
    await page.getByText(`every ${FAR_DAY_NAME} at 22:00 (Europe/Berlin)`).waitFor();
    await page.getByText("name dc-*", { exact: true }).waitFor();
    const missed = page.getByRole("region", { name: "Machines that were not reached" });
    await missed.getByText(/refused/).waitFor();
    expect(await missed.getByRole("rowheader").allTextContents()).toEqual(["srv-old"]);
    expect(await missed.getByRole("row").nth(1).textContent()).toMatch(/never.*round 2.*version/i);
    const rounds = page.getByRole("region", { name: "Rounds, newest first" });
    expect(await rounds.getByRole("rowheader").allTextContents()).toEqual(["round 2", "round 1"]);
    expect(complaints).toEqual([]);
    await close();
  });

  it("start a round under its preview, with the keyboard only", async () => {
    const { page, go, complaints, close } = await opened();
    const held = new Promise<Route>((resolve) => {
      void page.route("**/preview", (route) => resolve(route), { times: 1 });
    });
    await go("#/sweeps/quiet", "Quiet");
    await page.getByRole("button", { name: "Start a round …" }).waitFor();
    await tabTo(page, "Start a round …");
    await page.keyboard.press("Enter");
    const sheet = page.getByRole("group", { name: "Start a round" });
    await sheet.getByText(/^asking/).waitFor();
    expect(await sheet.getByRole("button", { name: "Start a round" }).isDisabled()).toBe(true);
    await (await held).continue();
    await sheet.getByText("Nothing has begun yet.").waitFor();
    const said = (await sheet.textContent()) ?? "";
    expect(said).toContain("1 linux");
    expect(said).toContain("sweep-autostarts-unix");
    expect(said).toMatch(/1 calls.*about \d+ min/);
    expect(said.indexOf("Start a round")).toBeGreaterThan(said.indexOf("about"));
    // Else the round may be over, and with it the link to what is open, before it is followed.
    stage.simulator.holdPortalSession(machineId(1), true);
    await tabTo(page, "Start a round");
    await page.keyboard.press("Enter");
    await tabTo(page, "round 1");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "quiet, round 1" }).waitFor();
    stage.simulator.holdPortalSession(machineId(1), false);
    await page.getByText("1 of 1, 100 %").waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("refuse what is not possible in the words of the API", async () => {
    const { page, go, close } = await opened();
    await go("#/sweeps/busy", "Busy");
    await page.getByRole("button", { name: "Start a round …" }).click();
    const sheet = page.getByRole("group", { name: "Start a round" });
    await sheet.getByText("Nothing has begun yet.").waitFor();
    await sheet.getByRole("button", { name: "Start a round" }).click();
    const alert = sheet.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^Round 1 is open/);
    await close();
  });

  it("are steered only by who may: others see no button for it", async () => {
    const { page, go, complaints, close } = await opened({}, "reader");
    await go("#/sweeps/busy", "Busy");
    await page.getByRole("rowheader", { name: "round 1" }).waitFor();
    await go("#/sweeps/busy/1", "busy, round 1");
    await page.getByText("under way").waitFor();
    expect(await page.getByRole("button", { name: /…$/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("pause and resume a sweep and a round", async () => {
    const { page, go, complaints, close } = await opened();
    const does = async (name: string, then: string): Promise<void> => {
      await page.getByRole("button", { name: `${name} …` }).click();
      const sheet = page.getByRole("group", { name });
      await sheet.getByRole("button", { name }).click();
      await page.getByRole("button", { name: `${then} …` }).waitFor();
    };
    await go("#/sweeps/empty", "Empty");
    await does("Resume the sweep", "Pause the sweep");
    await does("Pause the sweep", "Resume the sweep");
    await go("#/sweeps/busy/1", "busy, round 1");
    await does("Pause the round", "Resume the round");
    await page.getByText("Paused by hunter.").first().waitFor();
    await does("Resume the round", "Pause the round");
    expect(complaints).toEqual([]);
    await close();
  });

  it("stop a round after saying where its machines are, and ask the missed again", async () => {
    const again = { ...BUSY, name: "stopped", title: "Stopped" };
    await stage.call("PUT", "sweeps/stopped", again, { key: "hunter" });
    await ask("sweeps/stopped/start");
    await untilRound(stage, { sweep: "stopped", round: 1, key: "hunter" }, areInItsRun(1));
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/stopped/1", "stopped, round 1");
    await page.getByRole("button", { name: "Stop the round …" }).click();
    const sheet = page.getByRole("group", { name: "Stop the round" });
    await sheet.getByText(/0 machines are never sent anything. 1 are in runs/).waitFor();
    await sheet.getByLabel("Also cancel what runs").check();
    const asked = page.waitForRequest(/\/rounds\/1\/stop\?running=true$/);
    await sheet.getByRole("button", { name: "Stop the round" }).click();
    await asked;
    await page.getByText("A person stopped it by hunter.").waitFor();
    await page.getByRole("button", { name: "Ask the missed again …" }).click();
    const missed = page.getByRole("group", { name: "Ask the missed again" });
    await missed.getByText("1 cancelled").waitFor();
    await missed.getByRole("button", { name: "Ask the missed again" }).click();
    await page.getByText("asked again").waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("show of a round states that sum, and lead to its runs", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/autostarts/2", "autostarts, round 2");
    await page.getByText("6: 5 reached, 1 refused").waitFor();
    await page.getByRole("link", { name: "The run of batch 1" }).click();
    await page.getByRole("heading", { level: 1, name: /round 2$/ }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("stack what machines said by chosen columns, the rarest first, and as text only", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/autostarts/2", "autostarts, round 2");
    expect(await page.getByLabel("origin").isChecked()).toBe(true);
    expect(await page.getByLabel("path").isChecked()).toBe(true);
    await page.getByLabel("name").check();
    await page.getByRole("button", { name: "Count" }).click();
    const table = page.getByRole("region", { name: "Values, the rarest first" });
    await table.waitFor();
    const counts = (await table.getByRole("rowheader").allTextContents()).map(Number.parseFloat);
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    const row = table.getByRole("row").filter({ hasText: HOSTILE });
    expect(await row.textContent()).toContain("exe.\\u202etxt");
    await row.getByRole("link", { name: "srv-5" }).waitFor();
    expect(await page.locator("img, body script").count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("show what is new and gone since the round before, and the rows", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/autostarts/2", "autostarts, round 2");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/changes on the 5 machines that are in both rounds/).waitFor();
    const changes = page.getByRole("region", { name: "Changes" }).getByRole("row");
    expect(await changes.filter({ hasText: /^(new|gone)srv-\d/ }).count()).toBeGreaterThan(0);
    await page.getByRole("button", { name: "List them" }).click();
    const rows = page.getByRole("region", { name: "Rows of the round" }).getByRole("row");
    await rows.filter({ hasText: HOSTILE }).waitFor();
    await go("#/sweeps/autostarts/1", "autostarts, round 1");
    await page.getByText("6: 5 reached, 1 refused").waitFor();
    expect(await page.getByRole("button", { name: "Compare" }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("keep the rounds that are being read in their place when a new one begins", async () => {
    await ask("sweeps/empty/start");
    await untilRound(stage, { sweep: "empty", round: 1, key: "hunter" }, hasEnded);
    const { page, go, complaints, close } = await opened();
    await go("#/sweeps/empty", "Empty");
    const rounds = page.getByRole("region", { name: "Rounds, newest first" });
    await rounds.getByRole("rowheader", { name: "round 1" }).waitFor();
    await ask("sweeps/empty/start");
    const fresh = page.getByRole("button", { name: "Show 1 new" });
    await fresh.waitFor();
    expect(await rounds.getByRole("rowheader").allTextContents()).toEqual(["round 1"]);
    await fresh.click();
    await rounds.getByRole("rowheader", { name: "round 2" }).waitFor();
    expect(await rounds.getByRole("rowheader").allTextContents()).toEqual(["round 2", "round 1"]);
    expect(complaints).toEqual([]);
    await close();
  });

  it.each(LOOKS)(
    "have no barrier and need no sideways scroll at %i pixels, %s",
    async (width, colorScheme) => {
      const viewport = { width, height: 900 };
      const { page, go, close } = await opened({ viewport, colorScheme, bypassCSP: true });
      const look = async (view: string): Promise<void> => {
        await page.getByText("reading …").waitFor({ state: "hidden" });
        const is = { view, found: await barriersIn(page), fits: await fits(page) };
        expect(is).toEqual({ view, found: [], fits: true });
      };
      await go("#/sweeps", "Sweeps");
      await look("list");
      await go("#/sweeps/autostarts", /^Autostarts/);
      await page.getByRole("button", { name: "Start a round …" }).click();
      await page.getByText("Nothing has begun yet.").waitFor();
      await page.getByRole("region", { name: "Machines that were not reached" }).waitFor();
      await look("sweep");
      await go("#/sweeps/autostarts/2", "autostarts, round 2");
      for (const name of ["Count", "Compare", "List them", "Ask the missed again …"]) {
        await page.getByRole("button", { name }).click();
      }
      for (const name of ["Values, the rarest first", "Changes", "Rows of the round"]) {
        const refusal = page.getByRole("alert");
        await page.getByRole("region", { name }).or(refusal).first().waitFor();
        expect(await refusal.allTextContents()).toEqual([]);
      }
      await look("round");
      await go("#/sweeps/busy/1", "busy, round 1");
      await page.getByRole("button", { name: "Stop the round …" }).click();
      await page.getByText(/are in runs/).waitFor();
      await look("open round");
      await close();
    },
  );
});

function named(name: string) {
  return { include: [{ names: [name] }] };
}

function linux(number: number, name: string, more = {}) {
  return machine(number, { osPlatform: "Linux", computerDnsName: name, ...more });
}

async function openedStage(): Promise<Stage> {
  const callers = [
    { name: "hunter", key: hashed("hunter"), may: RIGHTS },
    { name: "reader", key: hashed("reader"), team: "hunter", may: ["run.read", "sweep.read"] },
  ];
  const machineTags = ["all"];
  const row = {
    kind: "cron",
    place: "/etc",
    name: HOSTILE,
    user: "",
    schedule: "x".repeat(1_000),
    command: HOSTILE,
    path: TURNED,
    origin: "",
    sha256: null,
    written: null,
  };
  const content = gzipSync(`${JSON.stringify(row)}\n`);
  const creates = { "/tmp/lrq-autostarts.ndjson.gz": { content } };
  const stage = await openStage({
    machines: [
      ...[1, 2, 3, 4].map((number) => linux(number, `srv-${number}`, { machineTags })),
      linux(5, "srv-5", { machineTags, scripts: { "list-autostarts.sh": { creates } } }),
      linux(6, "srv-old", { machineTags, refuses: "ClientVersionNotSupported" }),
      linux(7, "srv-busy"),
    ],
    env: { CALLERS: JSON.stringify(callers) },
  });
  stage.simulator.holdPortalSession(machineId(7), true);
  return stage;
}
