import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCommand } from "../../local/lrq/command-line.ts";
import { smoke } from "../../local/smoke/smoke.ts";
import { machine } from "./machines.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

const KEY = "the key of whoever deploys";
const READER = "the key of a reader";
const CALLERS = JSON.stringify([
  {
    name: "deployer",
    key: hashed(KEY),
    may: ["incident.submit", "run.read", "evidence.read", "operate"],
  },
  { name: "reader", key: hashed(READER), may: ["run.read"] },
]);
const SCOPE = JSON.stringify({ deny: [{ names: ["pc-3"] }], tier0: [{ names: ["pc-4"] }] });
const EVERY_MS = 100;
const HOSTS = { content: new TextEncoder().encode("127.0.0.1 localhost\n") };
const ON_WINDOWS = { files: { [String.raw`C:\Windows\System32\drivers\etc\hosts`]: HOSTS } };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    env: { CALLERS, SCOPE },
    machines: [
      machine(1, ON_WINDOWS),
      machine(2, {
        osPlatform: "Linux",
        computerDnsName: "web-2.corp.contoso.example",
        files: { "/etc/hosts": HOSTS },
      }),
      machine(3),
      machine(4),
      machine(5, { offline: [{ fromSeconds: 0 }] }),
      machine(6, { refuses: "ClientVersionNotSupported" }),
    ],
  });
});
afterAll(async () => {
  await stage.close();
});

const walkedSchema = z.object({
  runId: z.string().nullable(),
  steps: z.array(z.object({ step: z.string(), verdict: z.string(), what: z.string() })),
});

/** What `lrq smoke --json` says of a machine. */
async function smoked(name: string, { key = KEY, url = stage.url, minutes = 60 } = {}) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const code = await smoke({ machine: name, minutes, json: true }, { url, key }, say, EVERY_MS);
  const { steps, runId } = walkedSchema.parse(JSON.parse(said.join("")));
  return { code, runId, steps, last: steps.at(-1), text: said.join("") };
}

describe("lrq smoke", () => {
  it("says a verdict for each step of the road, at 80 columns, and ends with 0", async () => {
    const said: string[] = [];
    const code = await runCommand(["smoke", "--machine", "pc-1"], {
      env: { LRQ_URL: stage.url, LRQ_KEY: KEY },
      say: (line) => void said.push(line),
      complain: (line) => void said.push(line),
    });
    const heads = said.map((line) => line.slice(0, 23).trim()).filter((head) => head !== "");
    const names = ["reach", "queue", "accept", "submit", "Defender", "evidence", "verify"];
    expect(heads).toEqual(names.map((name) => `✓ ok          ${name}`));
    expect(said.filter((line) => line.length > 80)).toEqual([]);
    expect(code).toBe(0);
  });

  it("finds out itself which system the machine runs", async () => {
    const { code, text } = await smoked("web-2");
    expect([code, text]).toEqual([0, expect.stringContaining("/etc/hosts")]);
  });

  it.each([
    ["a machine that nobody has", "pc-99", 4, "accept", /No onboarded machine/],
    ["a machine out of scope", "pc-3", 4, "accept", /SCOPE/],
    ["a machine that needs an approval", "pc-4", 4, "submit", /approval/],
    ["a machine that Defender refuses", "pc-6", 6, "submit", /ClientVersionNotSupported/],
  ])("refuses %s with a reason", async (_, name, code, step, what) => {
    const came = await smoked(name);
    expect([came.code, came.last?.step]).toEqual([code, step]);
    expect(came.last?.what).toMatch(what);
  });

  it("ends in time if the machine is off, and says that the run goes on", async () => {
    const { code, last, text, runId } = await smoked("pc-5", { minutes: 0.05 });
    expect([code, last?.verdict]).toEqual([7, "late"]);
    expect(text).toContain(`/api/runs/${runId}`);
  });

  it.each([
    ["nothing answers", { url: "http://127.0.0.1:9" }, 3, "reach"],
    ["lrq does not know the key", { key: "another" }, 4, "queue"],
    ["the caller may not submit", { key: READER }, 4, "accept"],
  ])("says that %s", async (_, asked, code, step) => {
    const came = await smoked("pc-1", asked);
    expect([came.code, came.last?.step]).toEqual([code, step]);
    expect(came.text).not.toContain(KEY);
  });

  it("submits nothing while lrq is paused", async () => {
    const runs = async () => (await stage.rows()).ledger.filter((key) => key.startsWith("run!"));
    const before = await runs();
    await stage.call("POST", "pause", { reason: "a change" }, { key: KEY });
    const { code, last } = await smoked("pc-1");
    await stage.call("POST", "resume", undefined, { key: KEY });
    expect([code, last?.what]).toEqual([4, "deployer paused lrq: a change"]);
    expect(await runs()).toEqual(before);
  });
});
