import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SimulatorOptions } from "../../local/defender-simulator/options.ts";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import { doctor, linesOf } from "../../local/doctor/doctor.ts";
import { examine, type Examination } from "../../shared/doctor/examine.ts";
import { exitCode, type Finding } from "../../shared/doctor/finding.ts";
import { runCommand } from "../../local/lrq/command-line.ts";
import { bodyColumns } from "../../shared/azure/entity.ts";
import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import { FIRST_BUDGET } from "../../shared/limits/pace/budget.ts";
import { lockedOutBy } from "../../shared/limits/pace/lockout.ts";
import { takeAccount } from "../azurite-account.ts";
import { someLimits } from "../limits/some-limits.ts";
import { machine, machineId } from "./machines.ts";
import { hashed } from "./signing.ts";
import { sendMessage, storageRows } from "./storage-rows.ts";

const AUDIENCE = "https://api.securitycenter.microsoft.com";
const LOOKS = ["Machine.Read.All", "Library.Manage"];
const ROLES = ["Machine.LiveResponse", ...LOOKS];
const QUEUES_UNKNOWN = ["command-sequences", "results", "callbacks"].flatMap((name) => [
  `unknown queue ${name}`,
  `unknown queue ${name}-poison`,
]);
const CANARY = "canary-in-a-token";

const storage = takeAccount();
const stopped: Simulator[] = [];
afterEach(async () => {
  for (const simulator of stopped.splice(0)) await simulator.close();
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Read once: a token holds it, so the same claims always make the same token. */
const EXPIRES_SECONDS = Math.floor(Date.now() / 1_000) + 3_600;

/** A token as an identity gets it; nobody checks its signature here. */
function token(more: object = {}): string {
  const claims = { aud: AUDIENCE, exp: EXPIRES_SECONDS, roles: ROLES, ...more };
  return `${part({ alg: "RS256" })}.${part(claims)}.${CANARY}`;
}

interface Patient {
  readonly tenant?: Partial<SimulatorOptions>;
  readonly env?: Readonly<Record<string, string>>;
  readonly claims?: object;
  readonly examination?: Partial<Examination>;
}

/** Everything in order, but for what is given. */
async function findings({ tenant, env, claims, examination }: Patient = {}): Promise<Finding[]> {
  const given = token(claims);
  const granted = { roles: ROLES, audience: AUDIENCE, ...claims };
  const simulator = await startSimulator({
    seed: 1,
    machines: [machine(1)],
    token: { required: true, accepted: [{ token: given, ...granted }] },
    ...tenant,
    switches: { readRoleSuffices: true, ...tenant?.switches },
  });
  stopped.push(simulator);
  const all = await examine({
    env: {
      AzureWebJobsStorage: storage,
      DEFENDER_API_URL: simulator.url,
      DEFENDER_ACCESS_TOKEN: given,
      POLL_SCHEDULE: "0 * * * * *",
      SCOPE: '{"deny":[{"tags":["no-response"]}]}',
      CALLERS: JSON.stringify([{ name: "one", key: hashed("k"), may: ["operate"] }]),
      ...env,
    },
    isApp: false,
    probe: false,
    nowMs: Date.now,
    fetch,
    log: () => undefined,
    ...examination,
  });
  // Which scripts are signed is not about the app.
  return all.filter(({ check }) => check !== "unsigned scripts");
}

/** Those that say that something is to be done. */
const troubles = (all: readonly Finding[]) =>
  all.filter(({ state }) => state !== "ok").map(({ check, state }) => `${state} ${check}`);
const fixOf = (all: readonly Finding[], name: string) =>
  all.find(({ check }) => check === name)?.fix ?? "";

describe("the doctor, of a healthy app", () => {
  it("has nothing to say but that live response was not used yet", async () => {
    const all = await findings();
    expect(troubles(all)).toEqual(["unknown live response"]);
    expect(exitCode(all)).toBe(0);
    expect(all.length).toBeGreaterThan(15);
  });

  it("leaves nothing behind", async () => {
    await findings();
    expect(await storageRows(storage)).toEqual({ ledger: [], messages: 0 });
  });

  it("sees that live response is on by a session, or asks for one on no machine", async () => {
    const all = await findings({ examination: { probe: true } });
    expect(troubles(all)).toEqual([]);
    const [simulator] = stopped;
    expect(simulator?.arrivals()).toHaveLength(1);
    expect(simulator?.actions()).toEqual([]);
    simulator?.startForeignSession(machineId(1), "another-product", 36_000);
    const env = { DEFENDER_API_URL: simulator?.url ?? "", DEFENDER_ACCESS_TOKEN: token() };
    const again = await findings({ env, tenant: { token: { required: false } } });
    expect(again.map(({ what }) => what).join("; ")).toContain("On: 1 sessions");
  });
});

describe("the doctor finds, and says the fix for", () => {
  it.each<[string, Patient, string[], string, RegExp]>([
    [
      "a token for another audience",
      { claims: { aud: "https://graph.microsoft.com", audience: "g" } },
      ["error token audience", "error Defender API"],
      "token audience",
      /DEFENDER_TOKEN_SCOPE/,
    ],
    [
      "a token without the role to run",
      { claims: { roles: LOOKS } },
      ["error role Machine.LiveResponse", "unknown live response"],
      "role Machine.LiveResponse",
      /infra\/grant\.mjs/,
    ],
    [
      "a token without the role to look",
      { claims: { roles: ["Machine.LiveResponse", "Library.Manage"] } },
      ["error role Machine.ReadWrite.All", "error Defender API"],
      "role Machine.ReadWrite.All",
      /infra\/grant\.mjs/,
    ],
    [
      "a role to look that the API no longer takes",
      { tenant: { switches: { readRoleSuffices: false } } },
      ["error Defender API"],
      "Defender API",
      /Machine\.ReadWrite\.All/,
    ],
    [
      "a token with more roles than needed",
      { claims: { roles: [...ROLES, "Alert.ReadWrite.All"] } },
      ["warning more roles", "unknown live response"],
      "more roles",
      /Remove them/,
    ],
    [
      "a token without the role to list the library",
      { claims: { roles: ["Machine.LiveResponse", "Machine.Read.All"] } },
      ["error role Library.Manage", "unknown live response"],
      "role Library.Manage",
      /grant\.mjs --library/,
    ],
    [
      "a token that has expired",
      { claims: { exp: 1_000, expiresAtMs: 1_000_000 } },
      ["error token life", "error Defender API"],
      "token life",
      /clock/,
    ],
    [
      "a token of a person",
      { claims: { roles: [], scp: "user_impersonation" } },
      ["unknown token roles", "error Defender API"],
      "token roles",
      /where the app runs/,
    ],
    [
      "a Defender that is not there",
      { env: { DEFENDER_API_URL: "http://127.0.0.1:9" } },
      ["error Defender API"],
      "Defender API",
      /firewall/,
    ],
    [
      "a proxy in the way",
      { tenant: { faults: [{ on: "list", fault: "403-page" }] } },
      ["error Defender API"],
      "Defender API",
      /proxy/,
    ],
    [
      "a throttled tenant",
      { tenant: { faults: [{ on: "list", fault: "429", retryAfter: "42" }] } },
      ["warning Defender API"],
      "Defender API",
      /another product/,
    ],
    [
      "a wrong storage key",
      { env: { AzureWebJobsStorage: storage.replace(/AccountKey=[^;]+/, "AccountKey=d3Jvbmc=") } },
      [
        "error table, reading",
        "error table, writing",
        "error queues, reading",
        "error queues, taking",
        ...["evidence", "rows"].flatMap((of) => [`error ${of}, reading`, `error ${of}, writing`]),
        "unknown Defender and the app",
        ...QUEUES_UNKNOWN,
        "unknown Defender API",
      ],
      "table, writing",
      /not the account's/,
    ],
    [
      "no POLL_SCHEDULE",
      { env: { POLL_SCHEDULE: "" } },
      ["error settings"],
      "settings",
      /0 \* \* \* \* \*/,
    ],
    [
      "no storage",
      { env: { AzureWebJobsStorage: "" } },
      ["error settings"],
      "settings",
      /AzureWebJobsStorage/,
    ],
    [
      "a connection string that is none",
      { env: { AzureWebJobsStorage: "AccountName=canary" } },
      ["error storage", "unknown Defender and the app", ...QUEUES_UNKNOWN, "unknown Defender API"],
      "storage",
      /AzureWebJobsStorage/,
    ],
    [
      "no token for a Defender elsewhere",
      { env: { DEFENDER_API_URL: "https://defender.example", DEFENDER_ACCESS_TOKEN: "" } },
      ["error token"],
      "token",
      /az login/,
    ],
    [
      "a Defender without encryption",
      { env: { DEFENDER_API_URL: "http://defender.example", DEFENDER_ACCESS_TOKEN: "" } },
      ["error settings"],
      "settings",
      /DEFENDER_API_URL/,
    ],
    [
      "no callers",
      { env: { CALLERS: "[]" } },
      ["warning callers", "unknown live response"],
      "callers",
      /docs/,
    ],
    [
      "wrong callers",
      { env: { CALLERS: '[{"name":"canary name"}]' } },
      ["error callers", "error callers", "error callers", "unknown live response"],
      "callers",
      /Mend|CALLERS/,
    ],
    [
      "a scope of every machine",
      { env: { SCOPE: "{}" } },
      ["warning scope", "unknown live response"],
      "scope",
      /tier 0/,
    ],
    [
      "a lockdown",
      { env: { LOCKDOWN: "true" } },
      ["warning lockdown", "unknown live response"],
      "lockdown",
      /false/,
    ],
    [
      "a clock that is late",
      { examination: { nowMs: () => Date.now() - 600_000 } },
      ["error clock", "unknown live response"],
      "clock",
      /NTP/,
    ],
    [
      "a clock that is a little ahead",
      { examination: { nowMs: () => Date.now() + 20_000 } },
      ["warning clock", "unknown live response"],
      "clock",
      /NTP/,
    ],
  ])("%s", async (_, patient, expected, check, fix) => {
    const all = await findings(patient);
    const seen = troubles(all).filter((each) => expected.includes(each) || !isRest(each));
    expect(new Set(seen)).toEqual(new Set(expected));
    expect(fixOf(all, check)).toMatch(fix);
    expect(exitCode(all)).toBe(expected.some((each) => each.startsWith("error")) ? 1 : 0);
    expect(JSON.stringify(all)).not.toMatch(/canary|AccountKey|d3Jvbmc/);
  });

  it("live response that is turned off", async () => {
    const all = await findings({
      tenant: { switches: { liveResponseEnabled: false } },
      examination: { probe: true },
    });
    expect(troubles(all)).toEqual(["error live response"]);
    expect(fixOf(all, "live response")).toMatch(/Advanced features/);
  });

  it("what the app itself was refused, with the remedy, though the doctor is let in", async () => {
    const account = takeAccount();
    const table = TableClient.fromConnectionString(account, "ledger", {
      allowInsecureConnection: true,
    });
    await table.createTable();
    const refusal = {
      call: "list",
      httpStatus: 403,
      detail: "HTTP 403 Forbidden",
      atMs: 1,
    } as const;
    const budget = lockedOutBy(FIRST_BUDGET, refusal, someLimits());
    const env = { AzureWebJobsStorage: account };
    const keys = { partitionKey: "tenant|app", rowKey: RATE_TOKEN_KEY };
    await table.createEntity({ ...keys, ...bodyColumns(budget) });
    const all = await findings({ env });
    expect(troubles(all)).toEqual(["error Defender and the app", "unknown live response"]);
    expect(fixOf(all, "Defender and the app")).toMatch(/Machine\.ReadWrite\.All/);
    const { what } = all.find(({ check }) => check === "Defender and the app") ?? { what: "" };
    expect(what).toMatch(/refuses to list actions.*HTTP 403/);
  });

  it("poison messages, and those that wait", async () => {
    const account = takeAccount();
    const service = QueueServiceClient.fromConnectionString(account);
    for (const name of ["results", "results-poison"]) {
      await service.getQueueClient(name).create();
      await sendMessage(account, name, { v: 1 });
    }
    const all = await findings({ env: { AzureWebJobsStorage: account } });
    expect(troubles(all)).toEqual(["error queue results-poison", "unknown live response"]);
    expect(fixOf(all, "queue results-poison")).toMatch(/clear the queue/);
    expect(all.find(({ check }) => check === "queue results")?.what).toBe("1 messages.");
  });
});

/** What another finding brings with it. */
function isRest(trouble: string): boolean {
  return trouble === "unknown live response";
}

describe("lrq doctor", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "lrq-doctor-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("reads local.settings.json below the environment, and speaks JSON", async () => {
    const Values = { POLL_SCHEDULE: "soon enough", DEFENDER_CALLS_PER_MINUTE: "ten" };
    writeFileSync(join(folder, "local.settings.json"), JSON.stringify({ Values }));
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const env = { AzureWebJobsStorage: storage, DEFENDER_CALLS_PER_MINUTE: "0" };
    expect(await doctor({ json: true, probe: false }, { app: null, env, folder, say })).toBe(1);
    const linesOf: unknown = JSON.parse(lines.join("\n"));
    const finding = { check: "settings", state: "error" };
    expect(linesOf).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...finding, what: expect.stringContaining("CALLS_PER_MINUTE") }),
      ]),
    );
    writeFileSync(join(folder, "local.settings.json"), "Values");
    await expect(
      doctor({ json: true, probe: false }, { app: null, env, folder, say }),
    ).rejects.toThrow(/form/);
  });

  it("is a verb of lrq, which takes no more words and shows what nothing can be done with", async () => {
    const [said, complained]: [string[], string[]] = [[], []];
    const surroundings = {
      env: { AzureWebJobsStorage: storage },
      say: (line: string) => void said.push(line),
      complain: (line: string) => void complained.push(line),
    };
    expect(await runCommand(["doctor", "now"], surroundings)).toBe(2);
    expect([said, complained.join()]).toEqual([[], expect.stringContaining("lrq doctor --help")]);
    expect(await runCommand(["doctor", "--json"], surroundings)).toBe(1);
    expect(said.join()).toMatch(/^\[.*POLL_SCHEDULE/);
  });

  it("tells each finding on a line, the fix below it, and the sum", async () => {
    const lines = linesOf(await findings({ env: { CALLERS: "[]" } }));
    expect(lines.join("\n")).toMatch(/^warning {2}callers: .*\n {9}fix: Set CALLERS/m);
    expect(lines.at(-1)).toBe("0 errors, 1 warnings, 1 unknown");
  });
});
