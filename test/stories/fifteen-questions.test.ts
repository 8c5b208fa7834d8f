import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { startReceiver, type Receiver } from "../receiver.ts";
import { acceptedSchema } from "./answers.ts";
import { findChromium } from "./chromium.ts";
import { incident, machine, machineId, refusingMachines } from "./machines.ts";
import { openPage } from "./page-in-chromium.ts";
import { hashed } from "./signing.ts";
import { KEY, openStage, type Stage } from "./stage.ts";
import { terminalAt, type Terminal } from "./terminal.ts";

/*
 * What a responder asks in a bad night. Each question is answered by one command, and on one view
 * of the page; without a Chromium only by the command.
 */

const TRIAGE = "Collect-WindowsTriage.ps1";
const WORDS = "the disk of this machine is full";
const found = await findChromium();
const runs = new Map<string, string>();
let stage: Stage;
let receiver: Receiver;
let browser: Browser | null = null;
let terminal: Terminal;

beforeAll(async () => {
  receiver = await startReceiver(() => 500);
  stage = await openStage({ machines: MACHINES, env: settings() });
  browser = found.kind === "found" ? await found.start() : null;
  terminal = terminalAt(() => stage.url, KEY);
  stage.simulator.holdPortalSession(machineId(3), true);
  stage.simulator.startForeignSession(machineId(9), "somebody@contoso.example");
  await begin("well", [1]);
  await begin("broken", [2]);
  for (const id of ["busy", "late", "later"]) await begin(id, [3]);
  for (const id of ["guarded", "approved at the terminal", "approved on the page"]) {
    await begin(id, [4]);
  }
  await begin("asleep", [5]);
  await begin("stopped", [7, 8]);
  for (const id of ["called", "called again"]) {
    const more = { callback: { url: `${receiver.url}/gone`, events: ["run.finished"] } };
    await begin(id, [1], more);
  }
});
afterAll(async () => {
  await browser?.close();
  await stage.close();
  await receiver.close();
});

const MACHINES = [
  machine(1),
  machine(2, { scripts: { [TRIAGE]: { exitCode: 3, output: "", errors: WORDS } } }),
  machine(3),
  machine(4, { machineTags: ["Tier0"] }),
  machine(5, { offline: [{ fromSeconds: 0 }] }),
  ...refusingMachines(7, 8),
  // Somebody else's session on it stays Pending, longer than any story.
  machine(9, { offline: [{ fromSeconds: 0 }] }),
];

function settings(): Record<string, string> {
  const callers = [
    { name: "chief", key: hashed(KEY), all: true, may: RIGHTS },
    { name: "asker", key: hashed("asker"), team: "soc", may: RIGHTS, callbackSecret: SECRET },
  ];
  return {
    CALLERS: JSON.stringify(callers),
    SCOPE: '{"tier0":[{"tags":["tier0"]}]}',
    CANARY_ABOVE: "1",
    CANARY_MACHINES: "1",
    CANARY_FAILURES: "0",
    CALLBACK_HOSTS: "127.0.0.1",
    CALLBACK_ALLOW_LOOPBACK: "true",
    CALLBACK_SCHEDULE_SECONDS: "1",
    // What has met the busy machine is not tried again while somebody asks about it.
    MACHINE_BUSY_SECONDS: "3600",
  };
}

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

/** Incidents that come from a playbook of another caller. */
async function begin(id: string, of: readonly number[], more: object = {}): Promise<void> {
  const sent = await stage.post("generic", incident(id, of, more), { key: "asker" });
  runs.set(id, acceptedSchema.parse(sent.body).runId);
}

/** The id of the run of this incident. */
function run(id: string): string {
  const runId = runs.get(id);
  if (runId === undefined) throw new Error(`no run was begun for ${id}`);
  return runId;
}

/** Looks at a view of the page, if there is a browser. */
async function onView(
  hash: string,
  heading: string | RegExp,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  if (browser === null) return;
  const { page, go, complaints, close } = await openPage(browser, { url: stage.url, key: KEY });
  await go(hash, heading);
  await look(page);
  expect(complaints).toEqual([]);
  await close();
}

const viewOf = (id: string) => [`#/runs/${run(id)}`, new RegExp(`^Story ${id}`)] as const;
const row = (page: Page, text: string | RegExp) => page.getByRole("row").filter({ hasText: text });

describe("what a responder asks, answered by a command and on a view", () => {
  it("who needs me?", async () => {
    await expect(
      terminal.until("attention", /approval .*where generic:guarded .*to do \w/),
    ).resolves.not.toBe("");
    await onView("#/", "Now", async (page) => {
      await page.getByRole("listitem").filter({ hasText: "Story guarded" }).waitFor();
    });
  });

  it("which runs are there?", async () => {
    for (const id of ["well", "broken", "guarded", "asleep"]) {
      await expect(
        terminal.until("runs", new RegExp(`generic:${id} (running|finished)`)),
      ).resolves.not.toBe("");
    }
    await onView("#/runs", "Runs", async (page) => {
      for (const id of ["well", "broken"]) await row(page, `generic:${id}`).first().waitFor();
    });
  });

  it("which run is that of an incident?", async () => {
    await expect(
      terminal.until("show generic:well", new RegExp(`run ${run("well")}`)),
    ).resolves.not.toBe("");
    await onView("#/runs?source=generic&incident=well", "Runs", async (page) => {
      await row(page, "generic:well").getByRole("link", { name: "Story well" }).waitFor();
      expect(await page.getByRole("rowheader").count()).toBe(1);
    });
  });

  it("why does it wait, and until when?", async () => {
    await expect(
      terminal.until("show generic:guarded", /approval 0 of 1 given, .* it ends in \d+/),
    ).resolves.not.toBe("");
    await onView(...viewOf("guarded"), async (page) => {
      await page.getByText(/It waits for an approval/).waitFor();
      await page.getByRole("button", { name: "Approve …" }).click();
      const sheet = page.getByRole("group", { name: "Approve" });
      await sheet.getByText(/it must be approved in \d+/).waitFor();
    });
  });

  it("which machines are offline?", async () => {
    // What has not begun after two minutes is called offline.
    await expect(
      terminal.until("show generic:asleep", /pc-5\S* .* offline/, 180_000),
    ).resolves.not.toBe("");
    await onView(...viewOf("asleep"), async (page) => {
      const text = /begins when the machine is online|The machine did not answer/;
      await row(page, "pc-5").filter({ hasText: text }).waitFor();
    });
  });

  it("has somebody a session on the machine in the portal?", async () => {
    await expect(
      terminal.until("show generic:busy", /Somebody else has a live response session/),
    ).resolves.not.toBe("");
    await onView(...viewOf("busy"), async (page) => {
      const text = /Somebody else has a live response session/;
      await row(page, "pc-3").filter({ hasText: text }).waitFor();
    });
  });

  it("does another program use the tenant's sessions?", async () => {
    await expect(terminal.until("status", /Sessions .* 1 of them of others/)).resolves.not.toBe("");
    await onView("#/", "Now", async (page) => {
      await page.getByText(/of lrq and 1 of others, of \d+ sessions\./).waitFor();
    });
  });

  it("what failed, in the words of the script?", async () => {
    await expect(
      terminal.until("show generic:broken", new RegExp(`ended with 3: ${WORDS}`)),
    ).resolves.not.toBe("");
    await onView(...viewOf("broken"), async (page) => {
      await row(page, "pc-2").locator("summary").first().click();
      await page.locator("pre").filter({ hasText: WORDS }).waitFor();
    });
  });

  it("what do I do next?", async () => {
    const said = await terminal.until("show generic:broken", /to do .*mend the script/);
    expect(said).toContain("script");
    await onView(...viewOf("broken"), async (page) => {
      await row(page, "pc-2")
        .getByText(/mend the script or its parameters/)
        .waitFor();
    });
  });

  it("may this plan run, and why does it need me?", async () => {
    const id = run("approved at the terminal");
    const { code, said } = await terminal.type(`approve ${id} --yes`);
    expect([code, said.replaceAll(/\s+/g, " ")]).toEqual([
      0,
      expect.stringMatching(/pc-4\S*: The setting SCOPE lists it as tier 0 .*approved: 1 of 1/),
    ]);
    await onView(...viewOf("approved on the page"), async (page) => {
      await page.getByRole("button", { name: "Approve …" }).click();
      const sheet = page.getByRole("group", { name: "Approve" });
      await sheet.getByText(/Why: The setting SCOPE lists it as tier 0/).waitFor();
      await sheet.getByRole("button", { name: "Approve" }).click();
      await stage.until(run("approved on the page"), ({ approval }) => approval === null);
    });
  });

  it("which runs have paused themselves?", async () => {
    await expect(
      terminal.until("attention", /runPaused .*where generic:stopped .*lrq resume RUN/),
    ).resolves.not.toBe("");
    await onView("#/runs?needsAttention=true", "Runs", async (page) => {
      await row(page, "generic:stopped").filter({ hasText: "paused" }).waitFor();
    });
  });

  it("what would a cancel end?", async () => {
    await stage.until(run("busy"), ({ sequences }) => sequences[0]?.waits?.code === "machineBusy");
    const { code, said } = await terminal.type("cancel generic:busy", false);
    expect([code, said]).toEqual([4, expect.stringMatching(/pc-3[\s\S]*It would end: 1 /)]);
    await onView(...viewOf("busy"), async (page) => {
      await page.getByRole("button", { name: "Cancel the run …" }).click();
      const sheet = page.getByRole("group", { name: "Cancel the run" });
      await sheet.getByText(/end at once/).waitFor();
      await sheet.getByRole("listitem").filter({ hasText: "pc-3" }).waitFor();
    });
    expect((await stage.run(run("busy"))).cancelAsked).toBeNull();
  });

  it("can I end one machine alone?", async () => {
    expect((await terminal.type("cancel generic:late --machine pc-3 --yes")).code).toBe(0);
    await stage.until(run("late"), ({ counts }) => counts.cancelled === 1);
    await onView(...viewOf("later"), async (page) => {
      const own = row(page, "pc-3");
      await own.getByRole("button", { name: "Cancel …" }).click();
      await own.getByRole("button", { name: "Cancel", exact: true }).click();
      await own.getByText("cancelled", { exact: true }).waitFor();
    });
  });

  it("who was not told, and can it be sent again?", async () => {
    await expect(
      terminal.until("callbacks --state dead", /127\.0\.0\.1:\d+ .*127\.0\.0\.1:\d+ /),
    ).resolves.not.toBe("");
    const { code, said } = await terminal.type("callbacks replay generic:called --yes");
    expect([code, said]).toEqual([0, expect.stringMatching(/1 dead/)]);
    await onView(...viewOf("called again"), async (page) => {
      await page.getByRole("rowheader", { name: /^127\.0\.0\.1/ }).waitFor();
      await page.getByRole("button", { name: "Send dead callbacks again …" }).click();
      await page.getByRole("button", { name: "Send dead callbacks again", exact: true }).click();
      await page.getByRole("group", { name: "Send dead callbacks again" }).waitFor({
        state: "hidden",
      });
    });
  });

  it("what was collected from this machine?", async () => {
    await expect(
      terminal.until("evidence --machine pc-1", /pc-1\S* GetFile \d+ \S/),
    ).resolves.not.toBe("");
    await onView(...viewOf("well"), async (page) => {
      await page.getByRole("button", { name: "List them" }).click();
      const machineName = page.getByRole("textbox", { name: "Machine" });
      const stored = page.getByRole("region", { name: "Stored results" });
      await machineName.fill("pc-1");
      await stored
        .getByRole("rowheader", { name: /^pc-1\./ })
        .first()
        .waitFor();
      await machineName.fill("pc-2");
      const first = stored.getByRole("rowheader").first();
      await first.waitFor({ state: "hidden" });
    });
  });

  it("what did we do on this machine last week?", async () => {
    await expect(
      terminal.until("machine pc-1 --since 7d", /generic:well succeeded windows-triage/),
    ).resolves.not.toBe("");
    await onView("#/machines/pc-1", "Machine", async (page) => {
      await row(page, "generic:well").filter({ hasText: "succeeded" }).waitFor();
    });
  });
});
