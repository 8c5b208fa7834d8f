import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { runCommand } from "../../local/lrq/command-line.ts";
import { AUDIENCE, PERSON, TENANT } from "../access/tokens.ts";
import { acceptedSchema } from "./answers.ts";
import { incident, machine, machineId } from "./machines.ts";
import { type EntraAuthority, startAuthority } from "./entra-authority.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * What a responder types, in the order of a bad night. Commands run in this process, against the
 * built app in its own.
 */

const RESPONDER = "the key of a responder";
const CHIEF = "the key of the chief";
const RIGHTS = ["incident.submit", "run.read", "evidence.read", "run.cancel", "operate"];
const CALLERS = JSON.stringify([
  { name: "responder", team: "soc", key: hashed(RESPONDER), may: [...RIGHTS, "again"] },
  {
    name: "ana",
    team: "soc",
    entra: { tenant: TENANT, audience: AUDIENCE, people: [PERSON] },
    may: ["run.read"],
  },
  { name: "chief", team: "soc", key: hashed(CHIEF), may: ["run.read", "run.approve"] },
]);
// By id: a rule by name lets no machine pass whose name cannot be read, such as that of the second.
const SCOPE = JSON.stringify({ deny: [{ ids: [machineId(3)] }], tier0: [{ ids: [machineId(4)] }] });

let stage: Stage;
let authority: EntraAuthority;
const folder = mkdtempSync(join(tmpdir(), "lrq-cli-"));
beforeAll(async () => {
  const machines = [
    machine(1),
    machine(2, { computerDnsName: "\u001B[2Jpc-2" }),
    machine(3),
    machine(4),
    machine(5, { refuses: "ClientVersionNotSupported" }),
    machine(6, { offline: [{ fromSeconds: 0 }] }),
  ];
  authority = await startAuthority();
  const env = { CALLERS, SCOPE, ENTRA_AUTHORITY: authority.url };
  stage = await openStage({ machines, env });
  await lrq("submit - --wait", { input: JSON.stringify(incident("wrong", [5])) });
  await lrq("submit - --wait", { input: JSON.stringify(incident("well", [1])) });
});
afterAll(async () => {
  await stage.close();
  await authority.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Typing {
  readonly key?: string;
  /** In the place of the address and the key of the responder. */
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly input?: string;
  /** The answer at a terminal; absent: nobody sits there. */
  readonly yes?: boolean;
}

/** Runs a command; what it said on stdout and stderr, and how it ended. */
async function lrq(line: string | readonly string[], typing: Typing = {}) {
  const { key = RESPONDER, url = stage.url, input = "", yes, env } = typing;
  const said: string[] = [];
  const noted: string[] = [];
  const code = await runCommand(typeof line === "string" ? line.split(" ") : line, {
    env: env ?? { LRQ_URL: url, LRQ_KEY: key },
    say: (text) => void said.push(text),
    complain: (text) => void noted.push(text),
    readInput: () => Promise.resolve(input),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 100))),
    ...(yes === undefined ? {} : { confirm: () => Promise.resolve(yes) }),
  });
  return { code, said: said.join("\n"), noted: noted.join("\n"), lines: said };
}

describe("an incident that goes well", () => {
  it("is submitted from options, watched to its end, and shown", async () => {
    const sent = await lrq("submit --incident new --machine pc-1 --severity high --wait");
    expect([sent.code, sent.noted]).toEqual([0, ""]);
    expect(sent.said).toMatch(/finished: 1 succeeded$/);
    const shown = await lrq("show generic:new");
    expect(shown.said).toMatch(/pc-1\.corp\S* +windows-triage \d+ +done/);
    expect(shown.lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("may be tried before, and then nothing is stored", async () => {
    const tried = await lrq("submit --incident dry --machine pc-1 --severity high --dry-run");
    expect([tried.code, tried.noted]).toEqual([0, expect.stringContaining("Nothing was sent")]);
    expect(tried.said).toMatch(/work +\d commands[\s\S]*machine +pc-1\S* windows-triage/);
    expect((await lrq("show generic:dry")).code).toBe(5);
    const body = JSON.stringify(incident("well", [1]));
    expect((await lrq("submit - --dry-run", { input: body })).said).toContain("not repeated");
  });

  it("is fetched with its names and hashes, again too, and nothing is overwritten", async () => {
    expect((await lrq("evidence generic:well --machine pc-1")).said).toContain("GetFile");
    const fetch = async () => await lrq(["evidence", "generic:well", "-o", folder]);
    const fetched = await fetch();
    const files = fetched.lines.map((line) => line.split("  ").slice(0, 2));
    expect([fetched.code, files.length > 0]).toEqual([0, true]);
    for (const [sha256, file = ""] of files) {
      expect(createHash("sha256").update(readFileSync(file)).digest("hex")).toBe(sha256);
    }
    expect((await fetch()).said).toBe(fetched.said);
    const [[, file = ""] = []] = files;
    writeFileSync(file, "mine");
    const refused = await fetch();
    expect([refused.code, refused.noted.includes("overwrites nothing")]).toEqual([1, true]);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("is in the history of its machine, and what came of it is fetched without its name", async () => {
    const said = (await lrq("machine pc-1 --since 24h")).said;
    expect(said).toMatch(/generic:well +succeeded +windows-triage/);
    expect((await lrq("machine pc-99")).code).toBe(5);
    const into = join(folder, "by machine");
    const fetched = await lrq(["evidence", "--machine", "pc-1", "-o", into]);
    const files = fetched.lines.map((line) => line.split("  ")[1] ?? "");
    const run = /^pc-1\.corp\.contoso\.example.generic-well-\w{8}.[\w.-]+$/;
    const own = files.map((file) => file.slice(into.length + 1)).filter((file) => run.test(file));
    expect([fetched.code, own.length > 0]).toEqual([0, true]);
    expect((await lrq("evidence --machine pc-5")).code).toBe(5);
    expect((await lrq("evidence -o x")).code).toBe(2);
    expect((await lrq("evidence generic:well --since 7d")).code).toBe(2);
  });

  it("has a log, and the queue's is for who may see all", async () => {
    const log = await lrq("audit generic:well");
    expect(log.said).toMatch(/accepted +by responder/);
    expect((await lrq("audit")).code).toBe(4);
  });
});

describe("an incident that goes wrong", () => {
  it("ends a watch with 6, and show says why", async () => {
    const watched = await lrq("watch generic:wrong");
    expect(watched.code).toBe(6);
    expect(watched.said).toMatch(/finished: \d refused$/);
    expect((await lrq("show generic:wrong")).said).toMatch(/ClientVersionNotSupported[\s\S]*to do/);
  });

  it("may be run again on one machine, after a yes, in the same run", async () => {
    const no = await lrq("retry generic:wrong --machine pc-5", { yes: false });
    expect([no.code, no.noted]).toEqual([4, expect.stringMatching(/pc-5\S* ended refused/)]);
    expect((await lrq("retry generic:wrong --machine pc-1 --yes")).code).toBe(5);
    const again = await lrq("retry generic:wrong --machine pc-5 --yes");
    expect([again.code, again.said]).toEqual([0, expect.stringContaining("runs it again")]);
    expect((await lrq("watch generic:wrong")).said).toMatch(/finished: 2 refused$/);
  });

  it("wants a person, and says what that person can do", async () => {
    const said = (await lrq("attention")).said.replaceAll(/\s+/g, " ");
    expect(said).toMatch(/ClientVersionNotSupported.*where generic:wrong.*to do \w/);
  });

  it("is refused with the reason for each machine", async () => {
    const denied = await lrq("submit --incident denied --machine pc-3");
    expect(denied.code).toBe(4);
    expect(denied.noted).toMatch(/pc-3.*SCOPE/);
  });
});

describe("a run that waits for an approval", () => {
  it("shows what would be run on which machine, and is approved as shown", async () => {
    const sent = await lrq(
      "submit --incident tier0 --machine pc-4 --profile collect-file --param path=C:\\x.txt --json",
    );
    const { runId } = acceptedSchema.parse(JSON.parse(sent.said));
    const asked = await lrq(`approve ${runId}`, { key: CHIEF });
    expect([asked.code, asked.noted.includes("--yes")]).toEqual([2, true]);
    for (const part of [/machine +pc-4/, /command +GetFile C:\\x.txt/, /path=C:\\x.txt/]) {
      expect(asked.said).toMatch(part);
    }
    expect((await lrq(`approve ${runId}`, { key: CHIEF, yes: false })).code).toBe(4);
    const other = await lrq(`approve ${runId} --plan ${"0".repeat(64)} --yes`, { key: CHIEF });
    expect(other.code).toBe(4);
    const [, plan = ""] = /plan +(\w{64})/.exec(asked.said) ?? [];
    const given = await lrq(`approve ${runId} --plan ${plan}`, { key: CHIEF, yes: true });
    expect([given.code, given.said.endsWith("approved: 1 of 1 approvals given")]).toEqual([
      0,
      true,
    ]);
    expect((await lrq(`approve ${runId} --yes`, { key: CHIEF })).code).toBe(4);
  });
});

describe("who asks, and what there is", () => {
  it("is a person who signed in with Entra", async () => {
    const env = { XDG_CONFIG_HOME: join(folder, "config") };
    const app = `--entra --tenant ${TENANT} --client app --scope api://lrq/access`;
    const line = `login --at soc --url ${stage.url} --authority ${authority.url} ${app}`;
    const signed = await lrq(line, { env });
    expect([signed.code, signed.said]).toEqual([0, expect.stringContaining("ana of the team soc")]);
    expect((await lrq("whoami --at soc", { env })).said).toMatch(/may +run\.read/);
    expect((await lrq("show generic:well --at soc", { env })).code).toBe(0);
    expect((await lrq("resume --at soc", { env })).code).toBe(4);
  });

  it("is listed: runs, the queue in its order, and callbacks", async () => {
    const all = await lrq("runs --since 1h");
    expect(all.said).toMatch(/generic:well +finished/);
    expect(all.lines.filter((line) => line.length > 80)).toEqual([]);
    const failed = await lrq("runs --incident wrong --json");
    expect(JSON.parse(failed.said)).toMatchObject({ incidentId: "wrong", needs: ["failed"] });
    expect((await lrq("runs --machine pc-5")).said).toMatch(/generic:wrong/);
    expect((await lrq("runs --machine pc-99")).noted).toContain("no such run");
    expect((await lrq("runs --incident nobody")).noted).toContain("no such run");
    expect((await lrq("runs --since yesterday")).code).toBe(2);
    await lrq("submit --incident queued --machine pc-4 --severity high");
    expect((await lrq("queue")).said).toMatch(/- +pc-4\S* +generic:queued +It waits for an/);
    expect((await lrq("cancel generic:queued --yes")).code).toBe(0);
    expect((await lrq("callbacks --state dead")).noted).toBe("Every callback is delivered.");
  });
});

describe("what stops work", () => {
  it("names the machines that a cancel would end, and ends them after a yes", async () => {
    // Else Defender may take it, or it may be over, while it is asked about.
    await lrq(["pause", "so that it waits", "--yes"]);
    onTestFinished(async () => void (await lrq("resume")));
    await lrq(["submit", "-"], { input: JSON.stringify(incident("late", [6])) });
    const no = await lrq("cancel generic:late", { yes: false });
    expect(no.code).toBe(4);
    expect(no.said).toMatch(/pc-6/);
    expect(no.said).toMatch(/It would end: .*/);
    expect(no.noted).toContain("Nothing was changed");
    expect((await lrq("cancel generic:late")).code).toBe(2);
    expect((await lrq("cancel generic:late --machine pc-1 --yes")).code).toBe(5);
    const one = await lrq("cancel generic:late --machine pc-6", { yes: false });
    expect([one.code, one.said]).toEqual([4, expect.stringMatching(/pc-6[\s\S]*It would end: 1 /)]);
    expect((await lrq("cancel generic:late", { yes: true })).code).toBe(0);
    expect((await lrq("watch generic:late")).code).toBe(6);
    expect((await lrq("cancel --all --yes")).code).toBe(0);
    expect((await lrq("cancel --all", { yes: false })).said).toMatch(/would end: .* 0 that wait/);
    expect((await lrq("cancel")).code).toBe(2);
  });

  it("pauses for all after a yes, says so in the status, and resumes", async () => {
    expect((await lrq(["pause", "a change"], { yes: false })).code).toBe(4);
    expect((await lrq(["pause", "a change", "--yes"])).code).toBe(0);
    expect((await lrq("status")).said).toMatch(/Queue +paused by responder.*a change/);
    expect((await lrq("resume")).said).toBe("resumed by responder");
    const status = await lrq("status --json");
    expect(z.object({ paused: z.null() }).safeParse(JSON.parse(status.said)).success).toBe(true);
    expect((await lrq("resume generic:well")).said).toContain("did not wait");
    expect((await lrq("callbacks replay generic:well --yes")).said).toMatch(/^HOST[\s\S]*0 dead/);
  });
});

describe("what cannot be done", () => {
  it.each([
    ["show generic:nobody", {}, 5, /Check the id/],
    ["show generic:well", { key: "wrong" }, 4, /LRQ_KEY/],
    ["pause because", { key: CHIEF, yes: true }, 4, /CALLERS/],
    ["status", { url: "http://127.0.0.1:1" }, 3, /does not answer/],
    ["show somebody:well", {}, 2, /SOURCE:INCIDENT/],
    ["submit --incident x", {}, 2, /--machine/],
    ["submit -", { input: "{" }, 2, /no JSON/],
    ["submit /nowhere.json", {}, 1, /There is no: \/nowhere.json/],
    ["evidence generic:wrong", {}, 5, /Nothing is stored/],
  ] as const)("is said in a sentence: %s", async (line, typing, code, why) => {
    const { code: ended, noted, said } = await lrq(line, typing);
    expect([ended, noted]).toEqual([code, expect.stringMatching(why)]);
    expect(said + noted).not.toMatch(/urn:lrq|\{"|^ +at /m);
    expect(noted).not.toContain(RESPONDER);
  });

  it("does not let a machine's name steer the terminal, in words or in JSON", async () => {
    const { runId } = acceptedSchema.parse(
      (await stage.call("POST", "incidents/generic", incident("name", [2]), { key: RESPONDER }))
        .body,
    );
    const words = await lrq(`watch ${runId}`);
    const json = await lrq(`show ${runId} --json`);
    expect(words.said).toContain("pc-2");
    // eslint-disable-next-line no-control-regex
    expect(words.said + json.said).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(JSON.parse(json.said)).toMatchObject({ sequences: [{ machineId: machineId(2) }] });
  });
});
