import * as fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { callbackRequest, type Recipient } from "../../shared/callback/request.ts";
import {
  sequenceEnded,
  runFinished,
  NOTICE_ID,
  NOW_MS,
  OTHER_SECRET,
  SECRET,
} from "./told-facts.ts";

type Addressed = Exclude<Recipient, { shape: "sentinel" }>;

function to(shape: Addressed["shape"], more: Partial<Addressed> = {}): Addressed {
  const secrets = shape === "generic" ? [SECRET] : [];
  return { shape, url: "https://hooks.contoso.example/lrq", secrets, header: null, ...more };
}

const ARM_ID =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-siem" +
  "/providers/Microsoft.OperationalInsights/workspaces/law-soc" +
  "/providers/Microsoft.SecurityInsights/Incidents/63883bf7-5be1-42f4-809a-0417943b837b";
const SENTINEL: Recipient = {
  shape: "sentinel",
  armId: ARM_ID,
  managementUrl: "https://management.azure.com",
};

/** What another implementation of the standard makes of a request at that time. */
function verified(secret: string, request: ReturnType<typeof callbackRequest>, atMs: number) {
  vi.useFakeTimers({ now: atMs });
  try {
    return new Webhook(secret).verify(request.body, { ...request.headers });
  } finally {
    vi.useRealTimers();
  }
}

describe("a comment in Sentinel", () => {
  it("goes to an address with the letters of its path encoded", () => {
    const to = { ...SENTINEL, armId: ARM_ID.replace("rg-siem", "größe_(a)") };
    const { url } = callbackRequest(to, runFinished(), NOW_MS);
    expect(url).toContain("/resourceGroups/gr%C3%B6%C3%9Fe_(a)/providers/");
    expect(new URL(url).href).toBe(url);
  });
});

describe("a generic callback", () => {
  it("is accepted by the reference library, and holds ids, counts and hashes", () => {
    const request = callbackRequest(to("generic"), runFinished(), NOW_MS);
    expect(request).toMatchObject({ method: "POST", withIdentity: false });
    expect(request.headers["webhook-id"]).toBe(NOTICE_ID);
    expect(verified(SECRET, request, NOW_MS)).toEqual({
      type: "run.finished",
      timestamp: "2026-11-20T10:00:00.000Z",
      data: {
        runId: "0123456789abcdefghjk",
        source: "generic",
        incidentId: "INC-1",
        state: "finished",
        counts: { succeeded: 2, failed: 1, total: 3 },
        skipped: 1,
        custody: { entries: 6, head: "f".repeat(64) },
        seal: "e".repeat(64),
      },
    });
  });

  it("keeps its id at a later try, and is dated anew", () => {
    const first = callbackRequest(to("generic"), runFinished(), NOW_MS);
    const later = callbackRequest(to("generic"), runFinished(), NOW_MS + 7_200_000);
    expect(later.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(later.body).toBe(first.body);
    expect(() => verified(SECRET, first, NOW_MS + 7_200_000)).toThrow(/old/);
    expect(verified(SECRET, later, NOW_MS + 7_200_000)).toMatchObject({ type: "run.finished" });
  });

  it("is accepted with the old secret and with the new one while both are set", () => {
    const request = callbackRequest(
      to("generic", { secrets: [SECRET, OTHER_SECRET] }),
      runFinished(),
      NOW_MS,
    );
    expect(verified(SECRET, request, NOW_MS)).toBeDefined();
    expect(verified(OTHER_SECRET, request, NOW_MS)).toBeDefined();
    const third = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(() => verified(third, request, NOW_MS)).toThrow(/signature/i);
  });

  it("is accepted by the reference library whatever a machine calls itself, and is under 20 kB", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 20_000 }), fc.string());
    fc.assert(
      fc.property(text, text, fc.string({ maxLength: 200 }), (name, outcome, incidentId) => {
        const all = { ...sequenceEnded(name, outcome), incidentId };
        const request = callbackRequest(to("generic"), all, NOW_MS);
        expect(Buffer.byteLength(request.body)).toBeLessThan(20_000);
        expect(verified(SECRET, request, NOW_MS)).toMatchObject({ data: { incidentId } });
      }),
    );
  });

  it("carries the header of the setting beside its own", () => {
    const header = { name: "Authorization", value: "Bearer token" };
    const request = callbackRequest(to("generic", { header }), runFinished(), NOW_MS);
    expect(request.headers).toMatchObject({ authorization: "Bearer token" });
    expect(request.headers["webhook-signature"]).toMatch(/^v1,/);
  });
});

const SHAPES: readonly [string, Recipient, (body: unknown) => string][] = [
  [
    "a work note in ServiceNow",
    to("servicenow"),
    (body) => z.strictObject({ work_notes: z.string() }).parse(body).work_notes,
  ],
  [
    "a comment in Jira",
    to("jira", { url: "https://jira.contoso.example/rest/api/2/issue/1/comment" }),
    (body) => z.strictObject({ body: z.string() }).parse(body).body,
  ],
  [
    "a comment in Sentinel",
    SENTINEL,
    (body) =>
      z.strictObject({ properties: z.strictObject({ message: z.string() }) }).parse(body).properties
        .message,
  ],
];

describe.each(SHAPES)("%s", (_name, recipient, textOf) => {
  const text = (of: ReturnType<typeof runFinished>) =>
    textOf(JSON.parse(callbackRequest(recipient, of, NOW_MS).body));

  it("says how the run ended, with the head of its custody chain", () => {
    expect(text(runFinished())).toMatch(
      /lrq run 0123456789abcdefghjk finished: 2 succeeded, 1 failed\./,
    );
    expect(text(runFinished())).toContain(`Custody entries: 6, head ${"f".repeat(64)}.`);
  });

  it("names the machine without its domain, so that no page makes a link of it", () => {
    expect(text(sequenceEnded("pc-1.evil.example"))).toMatch(/Machine pc-1, 0{40}\./);
  });

  it("is nothing but plain text, whatever a machine calls itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, outcome) => {
        expect(text(sequenceEnded(name, outcome))).toMatch(/^[A-Za-z0-9 .,:()?_\n-]*$/);
      }),
    );
  });
});

describe("a comment in Jira of version 3", () => {
  it("is an Atlassian document of the same lines", () => {
    const url = "https://contoso.atlassian.net/rest/api/3/issue/10001/comment";
    const { body } = callbackRequest(to("jira", { url }), runFinished(), NOW_MS);
    const first = { type: "text", text: expect.stringContaining("lrq run") };
    expect(JSON.parse(body)).toMatchObject({
      body: {
        type: "doc",
        version: 1,
        content: [{ type: "paragraph", content: [first] }, {}, {}, {}, {}],
      },
    });
  });
});

describe("a comment in Sentinel", () => {
  it("is put under an id that follows from the message's, so that a second try changes nothing", () => {
    const { url, method, withIdentity } = callbackRequest(SENTINEL, runFinished(), NOW_MS);
    expect([method, withIdentity]).toEqual(["PUT", true]);
    expect(url).toBe(
      `https://management.azure.com${ARM_ID}/comments/01234567-89ab-8def-8123-456789abcdef` +
        "?api-version=2025-09-01",
    );
    expect(callbackRequest(SENTINEL, runFinished(), NOW_MS + 1_000).url).toBe(url);
  });

  it("has the hash of the seal, or says that there is none", () => {
    expect(callbackRequest(SENTINEL, runFinished(), NOW_MS).body).toContain(
      `Seal ${"e".repeat(64)}.`,
    );
    expect(callbackRequest(SENTINEL, runFinished({ seal: null }), NOW_MS).body).toContain(
      "Not sealed",
    );
  });
});
