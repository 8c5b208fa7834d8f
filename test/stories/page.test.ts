import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { acceptedSchema, auditPageSchema } from "./answers.ts";
import { APP, AUDIENCE, PERSON, TENANT } from "../access/tokens.ts";
import { startAuthority, type EntraAuthority } from "./entra-authority.ts";
import { findChromium } from "./chromium.ts";
import { incident, machine, machineId } from "./machines.ts";
import {
  barriersIn,
  fits,
  LOOKS,
  newPage,
  openPage,
  tabTo,
  type OpenedPage,
} from "./page-in-chromium.ts";
import { hashed } from "./signing.ts";
import { KEY, openStage, type Stage } from "./stage.ts";

const TRIAGE = "Collect-WindowsTriage.ps1";
/** What a machine, a script or a sender may write to break out of a page. */
const HOSTILE = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

const found = await findChromium();
const AT = found.kind === "found" ? "" : ` (not run: ${found.why})`;

describe.skipIf(found.kind === "none")(`the operations page${AT}`, () => {
  let stage: Stage;
  let browser: Browser;
  const runs: Record<"done" | "failed" | "busy" | "approval", string> = {
    done: "",
    failed: "",
    busy: "",
    approval: "",
  };
  beforeAll(async () => {
    if (found.kind === "none") return;
    [stage, browser] = await Promise.all([openedStage(), found.start()]);
    stage.simulator.holdPortalSession(machineId(3), true);
    runs.done = await begin("done", [1]);
    runs.failed = await begin("failed", [2]);
    runs.busy = await begin("busy", [3]);
    runs.approval = await begin("approval", [4]);
    await stage.untilFinished(runs.done);
    await stage.untilFinished(runs.failed);
    await stage.until(runs.busy, ({ sequences }) => sequences[0]?.waits?.code === "machineBusy");
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const begin = async (id: string, of: readonly number[]): Promise<string> => {
    const title = `${id} ${HOSTILE}`;
    const body = { ...incident(id, of), incident: { id, title, severity: "high" } };
    const sent = await stage.call("POST", "incidents/generic", body, { key: "asker" });
    return acceptedSchema.parse(sent.body).runId;
  };

  const opened = async (options = {}): Promise<OpenedPage> =>
    await openPage(browser, { url: stage.url, key: KEY }, options);

  it("refuses a key that lrq does not know, in words", async () => {
    const page = await newPage(browser);
    await page.goto(`${stage.url}/api/page`);
    await page.getByLabel("Your key").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert").textContent()).resolves.toMatch(/key/);
    await page.context().close();
  });

  it("shows what needs somebody, and leads from there to the run", async () => {
    const { page, complaints, close } = await opened();
    await begin("tier 0", [4]);
    const item = page.getByRole("listitem").filter({ hasText: "tier 0" });
    await item.getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: /^tier 0/ }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("shows the plan that it approves, and approves that", async () => {
    const { page, go, complaints, close } = await opened();
    await go(`#/runs/${runs.approval}`, /^approval/);
    await page.getByRole("button", { name: "Approve …" }).click();
    const sheet = page.getByRole("group", { name: "Approve" });
    const { approval } = await stage.run(runs.approval);
    const shown = (await sheet.textContent()) ?? "";
    expect(shown).toContain("pc-4.corp.contoso.example");
    expect(shown).toContain(TRIAGE);
    expect(shown).toContain(approval?.planHash);
    await sheet.getByRole("button", { name: "Approve" }).click();
    await stage.until(runs.approval, (run) => run.approval === null);
    expect(complaints).toEqual([]);
    await close();
  });

  it("says why a machine waits and what to do, and cancels the run after saying what that touches", async () => {
    const { page, go, complaints, close } = await opened();
    await go(`#/runs/${runs.busy}`, /^busy/);
    const row = page.getByRole("row").filter({ hasText: "pc-3" });
    const why = /Somebody else has a live response session.*ask whoever has the session/s;
    await row.filter({ hasText: why }).waitFor();
    await page.getByRole("button", { name: "Cancel the run …" }).click();
    const sheet = page.getByRole("group", { name: "Cancel the run" });
    await sheet.getByText(/at once; .* at Defender are asked to stop/).waitFor();
    await sheet.getByRole("button", { name: "Cancel the run" }).click();
    await row.getByText("cancelled", { exact: true }).waitFor();
    expect((await stage.run(runs.busy)).counts.cancelled).toBe(1);
    expect(complaints).toEqual([]);
    await close();
  });

  it("shows a script's own words as text, whatever they are", async () => {
    const { page, go, complaints, close } = await opened();
    await go(`#/runs/${runs.failed}`, /^failed/);
    const row = page.getByRole("row").filter({ hasText: "pc-2" });
    await expect(row.textContent()).resolves.toContain("mend the script or its parameters");
    await row.locator("summary").first().click();
    await page.locator("pre").filter({ hasText: HOSTILE }).first().waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("body script").count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("computes the custody chain again in the browser, and sees one entry that was changed", async () => {
    const { page, go, complaints, close } = await opened();
    await go(`#/runs/${runs.done}`, /^done/);
    const compute = page.getByRole("button", { name: "Compute the chain again" });
    await compute.click();
    await page.getByText(/The chain holds: 2 entries/).waitFor();
    await page.route("**/manifest", async (route) => {
      const answer = await route.fetch({ timeout: 0 });
      const text = (await answer.text()).replace(/"size":\d+/, '"size":1');
      await route.fulfill({ response: answer, body: text });
    });
    await compute.click();
    await page.getByText(/broken at entry 1/).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("pauses with a reason and resumes, with the keyboard only", async () => {
    const { page, complaints, close } = await opened();
    await tabTo(page, "Pause …");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("a drill");
    await tabTo(page, "Pause");
    await page.keyboard.press("Enter");
    await page.getByText(/by chief.*a drill/).waitFor();
    await tabTo(page, "Resume …");
    await page.keyboard.press("Enter");
    await tabTo(page, "Resume");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Pause …" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  const VIEWS = [
    ["#/", "Now"],
    ["#/runs", "Runs"],
    ["the run", /^failed/],
    [`#/machines/${machineId(1)}`, "Machine"],
    ["#/activity", "Activity"],
    ["#/library", "Library"],
  ] as const;

  it.each(LOOKS)(
    "has no barrier and needs no sideways scroll at %i pixels, %s",
    async (width, colorScheme) => {
      const viewport = { width, height: 900 };
      const { page, go, close } = await opened({ viewport, colorScheme, bypassCSP: true });
      for (const [hash, heading] of VIEWS) {
        await go(hash === "the run" ? `#/runs/${runs.failed}` : hash, heading);
        // Until what the view asks for is there.
        await page.getByText("reading …").waitFor({ state: "hidden" });
        expect({ hash, found: await barriersIn(page), fits: await fits(page) }).toEqual({
          hash,
          found: [],
          fits: true,
        });
      }
      await close();
    },
  );

  it("keeps what is being read in its place when new runs come", async () => {
    const { page, go, complaints, close } = await opened();
    await go("#/runs", "Runs");
    // Which run it is: its age and its state may change while somebody reads.
    const first = page.getByRole("rowheader").first();
    const before = await first.textContent();
    await stage.accept("generic", incident("newer", [5]), { key: "asker" });
    await page.getByRole("button", { name: "Show 1 new" }).waitFor();
    expect(await first.textContent()).toBe(before);
    await page.getByRole("button", { name: "Show 1 new" }).click();
    await first.filter({ hasText: "newer" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it("shows the decisions of the queue, the newest first", async () => {
    const { page, go, complaints, close } = await opened();
    // Decisions are made all the time: the page is shown one answer of the app, again and again.
    const said = new Map<string, Promise<string>>();
    await page.route("**/api/audit*", async (route) => {
      const fetched = async () => await (await route.fetch({ timeout: 0 })).text();
      const url = route.request().url();
      const answer = said.get(url) ?? fetched();
      said.set(url, answer);
      await route.fulfill({ contentType: "application/json", body: await answer });
    });
    await go("#/activity", "Activity");
    await page.getByRole("rowheader", { name: "claimed" }).first().waitFor();
    const more = page.getByRole("button", { name: /^Show \d+ more of/ });
    while ((await more.count()) > 0) await more.click();
    const [answer = ""] = await Promise.all(said.values());
    const { records, head } = auditPageSchema.parse(JSON.parse(answer));
    const shown = await page.getByRole("rowheader").allTextContents();
    expect(shown).toEqual(records.map(({ event }) => event));
    const numbers = Array.from({ length: head.count }, (_, at) => head.count - at);
    expect(records.map(({ number }) => number)).toEqual(numbers);
    expect(complaints).toEqual([]);
    await close();
  });

  it("says that the app does not answer, and keeps what it said last", async () => {
    const { page, close } = await opened();
    await page.getByText(/of 10 calls used/).waitFor();
    await page.route("**/api/**", async (route) => await route.abort());
    await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor();
    expect(await page.getByText(/of 10 calls used/).count()).toBe(1);
    await close();
  });
});

describe.skipIf(found.kind === "none")(`signing in with Entra${AT}`, () => {
  let authority: EntraAuthority;
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    if (found.kind === "none") return;
    authority = await startAuthority();
    const signIn = { tenant: TENANT, clientId: APP, scope: `${AUDIENCE}/user_impersonation` };
    const entra = { tenant: TENANT, audience: AUDIENCE, people: [PERSON] };
    stage = await openStage({
      machines: [machine(1)],
      env: {
        CALLERS: JSON.stringify([{ name: "analyst", entra, may: ["run.read"] }]),
        ENTRA_AUTHORITY: authority.url,
        PAGE_SIGN_IN: JSON.stringify(signIn),
      },
    });
    browser = await found.start();
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
    await authority?.close();
  });

  it("goes there, comes back to the view, and asks with the token", async () => {
    const page = await newPage(browser);
    await page.goto(`${stage.url}/api/page#/library`);
    await page.getByRole("button", { name: "Sign in with Entra" }).click();
    await page.getByRole("heading", { level: 1, name: "Library" }).waitFor();
    await page.getByRole("rowheader", { name: TRIAGE }).waitFor();
    // The code is not left in the address.
    expect(page.url()).toBe(`${stage.url}/api/page#/library`);
    await page.context().close();
  });

  it("takes no code that it has not asked for", async () => {
    const page = await newPage(browser);
    await page.goto(`${stage.url}/api/page?code=stolen&state=mine`);
    await page.getByRole("button", { name: "Sign in with Entra" }).waitFor();
    expect(await page.getByRole("heading", { level: 1, name: "Now" }).count()).toBe(0);
    await page.context().close();
  });
});

async function openedStage(): Promise<Stage> {
  const callers = [
    { name: "chief", key: hashed(KEY), all: true, may: RIGHTS },
    { name: "asker", key: hashed("asker"), team: "soc", may: RIGHTS },
  ];
  return await openStage({
    machines: [
      machine(1),
      machine(2, { scripts: { [TRIAGE]: { exitCode: 3, output: HOSTILE, errors: HOSTILE } } }),
      machine(3),
      machine(4, { machineTags: ["Tier0"] }),
      machine(5),
    ],
    env: {
      CALLERS: JSON.stringify(callers),
      SCOPE: '{"tier0":[{"tags":["tier0"]}]}',
    },
  });
}
