import { describe, expect, it } from "vitest";
import { createReplays } from "../../../shared/access/replays.ts";
import { createRequestRates } from "../../../shared/access/request-rates.ts";
import { ASKED_KEY } from "../../../shared/ledger/row/keys.ts";
import {
  receiveIncident,
  type ReceiveSettings,
} from "../../../shared/workflow/accept/receive-incident.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { catalogue } from "../../plan/planning.ts";
import { shippedRouting } from "../../plan/shipped.ts";
import { incident } from "../../stories/machines.ts";
import { webhookSigned } from "../../stories/signing.ts";
import { startAccepting } from "../accepting.ts";

const NOW_MS = 1_800_000_000_000;
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

const SETTINGS: Omit<ReceiveSettings, "rates" | "replays"> = {
  limits: someLimits(),
  expiryMs: 72 * 3_600_000,
  catalogue,
  routing: shippedRouting(),
  scope: {},
  policy: null,
  approvalMs: 3_600_000,
  caps: { perIncident: 1, perCallerDay: 1, perDay: 1 },
  callbacks: { hosts: [], allowLoopback: false, sentinelComments: false, managementUrl: "" },
  callers: callersOf([
    {
      name: "sends",
      key: keyHash("a key"),
      hmac: [SECRET],
      may: ["incident.submit"],
      sources: ["generic"],
      profiles: ["windows-triage"],
    },
  ]),
  entra: {
    authority: "https://login.example",
    keys: { find: async () => ({ kind: "unknown" }) },
  },
};

interface Line {
  readonly event: string;
  readonly fields: object;
}

function aDoor(perMinute = 100) {
  const world = startAccepting();
  const lines: Line[] = [];
  const ports = {
    ...world.ports,
    log: (_level: string, event: string, fields: object = {}) => {
      lines.push({ event, fields });
    },
  };
  const rates = createRequestRates(perMinute);
  const settings = { ...SETTINGS, rates, replays: createReplays() };
  const send = async (
    body: unknown,
    { headers = KEY, query = {}, source = "generic" }: Partial<Sent> = {},
  ) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const request = {
      headers: new Headers(headers),
      query: new URLSearchParams(query),
      body: async () => new TextEncoder().encode(text),
      source,
    };
    return await receiveIncident(ports, settings, request, NOW_MS);
  };
  // Calls of Defender are counted, whatever comes of the request.
  const rows = () => world.ledger.rows().filter(({ key }) => key !== ASKED_KEY);
  return { send, lines, rows };
}

interface Sent {
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
  readonly source: string;
}

const KEY = { authorization: "Bearer a key" };
const ONE = incident("one", [1]);

describe("a refused webhook", () => {
  it.each([
    ["unauthenticated", ONE, { headers: { authorization: "Bearer other" } }, null],
    ["forbidden", ONE, { source: "jira" }, "sends"],
    ["forbidden", ONE, { query: { again: "true" } }, "sends"],
    ["forbidden", ONE, { query: { profile: "run-script", "parameter.script": "a.ps1" } }, "sends"],
    ["invalid", ONE, { headers: { ...KEY, "idempotency-key": " " } }, "sends"],
    ["invalid", { incident: {} }, {}, "sends"],
    ["invalid", ONE, { query: { dryRun: "yes" } }, "sends"],
    ["invalid", ONE, { query: { dryrun: "true" } }, "sends"],
    ["invalid", ONE, { query: { Again: "true" } }, "sends"],
    ["badBody", "{", {}, "sends"],
    ["wrongType", ONE, { headers: { ...KEY, "content-type": "text/plain" } }, "sends"],
    ["nothingToDo", incident("none", []), {}, "sends"],
    ["tooManyMachines", incident("two", [1, 2]), {}, "sends"],
  ] as const)("(%s) leaves one line that names its caller, and no row", async (...of) => {
    const [kind, body, sent, by] = of;
    const { send, lines, rows } = aDoor();
    expect(await send(body, sent)).toMatchObject({ kind });
    const refused = lines.filter(({ event }) => event === "refused");
    expect(refused).toEqual([
      { event: "refused", fields: expect.objectContaining({ kind, by, right: "incident.submit" }) },
    ]);
    expect(rows()).toEqual([]);
  });

  it.each([
    ["too-many-requests", KEY],
    ["replayed", webhookSigned(SECRET, JSON.stringify(ONE), "m", NOW_MS / 1_000)],
  ])("(%s) leaves a line each time, and no row more", async (kind, headers) => {
    const { send, lines, rows } = aDoor(1);
    expect((await send(ONE, { headers })).kind).toBe("accepted");
    const before = rows().length;
    for (let sent = 0; sent < 3; sent += 1) {
      expect((await send(ONE, { headers })).kind).toBe(kind);
    }
    const refused = lines.filter(({ event }) => event === "refused");
    expect(refused).toHaveLength(3);
    expect(refused[0]?.fields).toMatchObject({ kind, by: "sends", source: "generic" });
    expect(rows()).toHaveLength(before);
  });
});

describe("a dry run", () => {
  const query = { dryRun: "true" };

  it("leaves no row and no line of a refusal, and a request without it is a real one", async () => {
    const { send, lines, rows } = aDoor();
    expect(await send(ONE, { query })).toMatchObject({ kind: "dryRun", calls: 1 });
    expect([rows(), lines]).toEqual([[], []]);
    expect(await send(ONE, { query: { dryRun: "false" } })).toMatchObject({ kind: "accepted" });
  });

  it("cannot be asked for with a signature, which does not cover the query", async () => {
    const { send } = aDoor();
    const headers = webhookSigned(SECRET, JSON.stringify(ONE), "m", NOW_MS / 1_000);
    expect(await send(ONE, { headers, query })).toMatchObject({ kind: "forbidden" });
  });
});
