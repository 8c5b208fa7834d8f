import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { appClaims, AUDIENCE, TENANT } from "../access/tokens.ts";
import { changed, webhook } from "../incident/webhooks.ts";
import { runLogicApp, type Ended } from "../infra/sentinel/logic-app.ts";
import { definitionOf } from "../infra/sentinel/templates.ts";
import { startReceiver, type Receiver } from "../receiver.ts";
import { startAuthority, type EntraAuthority } from "./entra-authority.ts";
import { machine } from "./machines.ts";
import { sentinelOutside, type SentinelOutside } from "./sentinel-outside.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";

/*
 * Each playbook as its template deploys it, run in small (test/infra/sentinel/logic-app.ts): lrq
 * gets what it sends, with a token of the identity that all playbooks share.
 */

const CLIENT_ID = "00000000-0000-4000-8000-00000000c11e";
const WORKSPACE =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-siem" +
  "/providers/Microsoft.OperationalInsights/workspaces/law-soc";
const INCIDENT =
  `${WORKSPACE}/providers/Microsoft.SecurityInsights/Incidents` +
  "/63883bf7-5be1-42f4-809a-0417943b837b";
const OTHER_INCIDENT = INCIDENT.replace("63883bf7", "aaaaaaaa");
const ALERT =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-siem" +
  "/workspaces/8d300aff-0000-4000-8000-3046965c48cf" +
  "/alerts/00000000-0000-4000-8000-000000000a1e";
const IDENTITY = "/subscriptions/0/resourceGroups/rg-siem/identities/id-lrq-playbooks";
const CONNECTION = "/subscriptions/0/resourceGroups/rg-siem/connections/MicrosoftSentinel";
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/** The machines of the messages of Sentinel: ids of one family, and two known by name only. */
const MACHINES = [
  ...["01", "02", "05"].map((number) => named(number)),
  { ...named("03"), osPlatform: "Linux" },
  ...["11", "21"].map((number) => named("01", number)),
  machine(0x104, { computerDnsName: "pc-0104.corp.contoso.example" }),
  machine(0x112, { computerDnsName: "web-0112.corp.contoso.example", osPlatform: "Linux" }),
];

function named(first: string, last = first) {
  const id = `${first}${"a".repeat(36)}${last}`;
  return { id, computerDnsName: `pc-${last}.corp.contoso.example`, osPlatform: "Windows11" };
}

const callbackSchema = z.looseObject({ data: z.looseObject({ runId: z.string() }) });

let authority: EntraAuthority;
let receiver: Receiver;
let stage: Stage;
let sentinel: SentinelOutside;
let runs = 0;

beforeAll(async () => {
  authority = await startAuthority();
  receiver = await startReceiver(() => 202);
  stage = await openStage({ machines: MACHINES, env: settings() });
});
afterAll(async () => {
  await stage.close();
  await receiver.close();
  await authority.close();
});
beforeEach(() => {
  sentinel = outside({ [ALERT]: INCIDENT });
});

/** As docs/sentinel.md tells to set them, but for the addresses of this machine. */
function settings(): Record<string, string> {
  const playbooks = {
    name: "sentinel-playbooks",
    entra: { tenant: TENANT, audience: AUDIENCE, apps: [CLIENT_ID] },
    may: ["incident.submit", "again"],
    sources: ["sentinel"],
    callbacks: [{ url: `${receiver.url}/report-back`, secret: SECRET, events: ["run.finished"] }],
  };
  const reader = { name: "reader", key: hashed("the key of the stories"), may: ["run.read"] };
  return {
    CALLERS: JSON.stringify([playbooks, { ...reader, all: true }]),
    ENTRA_AUTHORITY: authority.url,
    CALLBACK_HOSTS: "127.0.0.1",
    CALLBACK_ALLOW_LOOPBACK: "true",
  };
}

function outside(alerts: Readonly<Record<string, string>>): SentinelOutside {
  return sentinelOutside({
    incidents: [INCIDENT, OTHER_INCIDENT],
    alerts,
    connection: CONNECTION,
    identity: IDENTITY,
    token: async (audience) => {
      const own = { azp: CLIENT_ID, aud: audience };
      return await authority.sign(appClaims(authority.url, Date.now(), own));
    },
  });
}

async function started(
  playbook: string,
  triggerBody: unknown,
  more: { readonly runName?: string; readonly parameters?: object } = {},
): Promise<Ended> {
  runs += 1;
  const parameters = {
    $connections: { azuresentinel: { connectionId: CONNECTION } },
    LrqUrl: stage.url,
    LrqAudience: AUDIENCE,
    IdentityId: IDENTITY,
    Profile: "windows-triage",
    WorkspaceResourceId: WORKSPACE,
    ...more.parameters,
  };
  const runName = more.runName ?? `0858${runs}`;
  return await runLogicApp(definitionOf(playbook), { triggerBody, parameters, runName }, sentinel);
}

/** The text of the one comment that was made, on this incident. */
const onlyComment = (incident = INCIDENT) => {
  expect(sentinel.comments).toMatchObject([{ incident }]);
  return sentinel.comments[0]?.message ?? "";
};
const runIdIn = (comment: string) => /Run: (\w+)/.exec(comment)?.[1] ?? "";

describe("the playbook for an incident", () => {
  it("gets it accepted, and says in a comment which run it is", async () => {
    const ended = await started("Lrq-SendIncident", webhook("sentinel"));
    expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
    const comment = onlyComment();
    const { runId, requestedBy } = await stage.run(runIdIn(comment));
    expect(requestedBy).toBe("sentinel-playbooks");
    expect(comment).toContain(`Status: ${stage.url}/api/runs/${runId}`);
    expect(comment).toContain("Machines: 5, skipped: 0");
  });

  it("says why an incident that is closed was not accepted, and fails", async () => {
    const closed = changed(webhook("sentinel"), "object.properties.status", "Closed");
    const ended = await started("Lrq-SendIncident", closed);
    expect([ended.status, sentinel.statuses]).toEqual(["Failed", [422]]);
    expect(onlyComment()).toContain("HTTP status: 422<br>");
    expect(onlyComment()).toContain("The Sentinel incident is closed.");
  });

  it("says so if a gateway answers with a page, and lrq does not", async () => {
    const gateway = await startReceiver(() => ({
      status: 403,
      headers: { "content-type": "text/html" },
    }));
    const parameters = { LrqUrl: gateway.url };
    const ended = await started("Lrq-SendIncident", webhook("sentinel"), { parameters });
    await gateway.close();
    expect(ended.status).toBe("Failed");
    expect(onlyComment()).toContain("HTTP status: 403");
  });

  it("fails with the number of its tries if lrq cannot be reached for a while", async () => {
    const gateway = await startReceiver(() => 503);
    const parameters = { LrqUrl: gateway.url };
    const ended = await started("Lrq-SendIncident", webhook("sentinel"), { parameters });
    await gateway.close();
    expect([ended.status, gateway.received.length]).toEqual(["Failed", 7]);
    expect(onlyComment()).toContain("HTTP status: 503");
  });
});

describe("the playbook for an alert", () => {
  it("gets it accepted, and says so on the incident of the alert", async () => {
    const ended = await started("Lrq-SendAlert", webhook("sentinel-alert"));
    expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
    expect(onlyComment()).toContain("Machines: 2, skipped: 0");
  });

  it("gets it accepted if the alert has no incident", async () => {
    sentinel = outside({});
    const ended = await started("Lrq-SendAlert", webhook("sentinel-alert"));
    expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
    expect(sentinel.comments).toEqual([]);
  });

  it("says why an alert without machines was not accepted, and fails", async () => {
    const empty = changed(webhook("sentinel-alert"), "Entities", "[]");
    const ended = await started("Lrq-SendAlert", empty);
    expect([ended.status, sentinel.statuses]).toEqual(["Failed", [422]]);
    expect(onlyComment()).toContain("lrq did not accept this alert.");
  });
});

describe("the playbook for a host", () => {
  it("gets it accepted, and says so on the incident in which it was chosen", async () => {
    const ended = await started("Lrq-SendHost", webhook("sentinel-entity"));
    expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
    expect(onlyComment()).toContain("lrq accepted this host.");
  });

  it.each([null, undefined])("has nowhere to say so if its incident is %s", async (none) => {
    const alone = changed(webhook("sentinel-entity"), "IncidentArmID", none);
    const ended = await started("Lrq-SendHost", alone);
    expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
    expect(sentinel.comments).toEqual([]);
  });

  it("fails if the chosen entity is no host", async () => {
    const account = changed(webhook("sentinel-entity"), "Entity.kind", "Account");
    const ended = await started("Lrq-SendHost", account);
    expect([ended.status, sentinel.statuses]).toEqual(["Failed", [422]]);
    expect(onlyComment()).toContain("lrq did not accept this host.");
  });
});

describe("the playbook to collect now", () => {
  it("makes a new run each time a person starts it, and one of one start", async () => {
    const runIds: string[] = [];
    for (const runName of ["first", "first", "second"]) {
      sentinel = outside({});
      const ended = await started("Lrq-CollectNow", webhook("sentinel"), { runName });
      expect([ended.status, sentinel.statuses]).toEqual(["Succeeded", [202]]);
      runIds.push(runIdIn(onlyComment()));
    }
    const [first, again, second] = runIds;
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    const { sequences } = await stage.run(second ?? "");
    expect(new Set(sequences.map(({ profile }) => profile.name))).toEqual(
      new Set(["windows-triage"]),
    );
  });

  it("says that its profile is unknown, and fails", async () => {
    const parameters = { Profile: "nothing & nowhere" };
    const ended = await started("Lrq-CollectNow", webhook("sentinel"), { parameters });
    expect([ended.status, sentinel.statuses]).toEqual(["Failed", [400]]);
    expect(onlyComment()).toContain("Ask for one of: ");
  });
});

/** The body with which lrq says that a run has finished. */
async function callbackOf(runId: string): Promise<object> {
  const ofRun = () =>
    receiver.received
      .map(({ body }) => callbackSchema.parse(JSON.parse(body)))
      .filter(({ data }) => data.runId === runId);
  await expect.poll(ofRun).not.toEqual([]);
  return ofRun()[0] ?? {};
}

describe("the playbook that reports back", () => {
  it("writes what came of a run on its incident, as lrq calls it back", async () => {
    // Another test may send more to the run of the first.
    const incident = changed(webhook("sentinel"), "object.id", OTHER_INCIDENT);
    await started("Lrq-SendIncident", incident);
    const runId = runIdIn(onlyComment(OTHER_INCIDENT));
    await stage.untilFinished(runId);
    const callback = await callbackOf(runId);
    sentinel = outside({});
    expect((await started("Lrq-ReportBack", callback)).status).toBe("Succeeded");
    const { head } = await stage.manifest(runId);
    const comment = onlyComment(OTHER_INCIDENT);
    expect(comment).toContain(`lrq finished run ${runId}.`);
    expect(comment).toContain("Machines: 5, succeeded: 5, skipped: 0");
    expect(comment).toContain(`head ${head}`);
  });

  it("ends without a comment if the run was that of an alert", async () => {
    await started("Lrq-SendAlert", webhook("sentinel-alert"));
    const runId = runIdIn(onlyComment());
    await stage.untilFinished(runId);
    const callback = await callbackOf(runId);
    sentinel = outside({});
    expect((await started("Lrq-ReportBack", callback)).status).toBe("Cancelled");
    expect(sentinel.comments).toEqual([]);
  });

  it("passes over what is not the end of a run of Sentinel", async () => {
    const others = [{ type: "run.accepted", data: { source: "sentinel" } }, { type: "x" }];
    for (const other of others) {
      expect((await started("Lrq-ReportBack", other)).status).toBe("Succeeded");
    }
    expect(sentinel.comments).toEqual([]);
  });
});
