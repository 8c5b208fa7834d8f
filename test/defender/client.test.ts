import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

import { clientOf, IMPATIENT, json, loopback, noToken, refusal } from "./loopback.ts";

const ACTION = {
  "@odata.context": "https://api.security.microsoft.com/api/$metadata#MachineActions/$entity",
  id: "5382f7ea-7557-4ab7-9782-d50480024a4e",
  type: "LiveResponse",
  requestor: "lrq",
  requestorComment: "[tag] why",
  status: "Succeeded",
  machineId: "1E5BC9D7E413DDD7902C2932E418702B84D0CC07",
  computerDnsName: null,
  creationDateTimeUtc: "2026-11-20T10:00:00.1234567Z",
  lastUpdateDateTimeUtc: "2026-11-20T10:02:41.5Z",
  commands: [
    {
      index: 0,
      startTime: "2026-11-20T10:02:00.5666667Z",
      endTime: null,
      commandStatus: "Completed",
      errors: ["one", { code: 2 }],
      command: { type: "RunScript", params: [{ key: "ScriptName", value: "a.ps1" }] },
    },
  ],
  troubleshootInfo: null,
};

const at = (second: number) => `2026-11-20T10:00:0${second}Z`;

describe("the address", () => {
  it.each(["http://api.security.microsoft.com", "ftp://127.0.0.1", "https://u:p@x.example"])(
    "%s is refused at once, for the token would travel in the open",
    async (baseUrl) => {
      const server = await loopback(() => {});
      expect(() => clientOf(server, { baseUrl })).toThrow(/Defender API address/);
    },
  );

  it("may hold a path of its own", async () => {
    const server = await loopback((_, response) => json(response, 200, ACTION));
    await clientOf(server, { baseUrl: `${server.baseUrl}/tenant-a/` }).getAction("a-1");
    expect(server.seen[0]?.url).toBe("/tenant-a/api/machineactions/a-1");
  });
});

describe("an answer", () => {
  it("may come compressed, and is bounded by what it holds", async () => {
    const server = await loopback((request, response) => {
      const big = request.url.endsWith("big") ? " ".repeat(2 ** 20) : "";
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify(ACTION) + big));
    });
    expect((await clientOf(server).getAction(ACTION.id)).kind).toBe("answered");
    expect(server.seen[0]?.headers["accept-encoding"]).toBe("gzip");
    expect(await clientOf(server).getAction("big")).toEqual({
      kind: "unavailable",
      detail: "HTTP 200 with a body that is cut off or too large",
    });
  });
});

describe("getAction", () => {
  it("gives what Defender says, with times as instants", async () => {
    const server = await loopback((_, response) => json(response, 200, ACTION));
    const reply = await clientOf(server).getAction(ACTION.id);
    expect(server.seen[0]).toMatchObject({ method: "GET", body: "" });
    expect(reply).toEqual({
      kind: "answered",
      value: {
        id: ACTION.id,
        status: "Succeeded",
        comment: "[tag] why",
        requestor: "lrq",
        machineId: "1e5bc9d7e413ddd7902c2932e418702b84d0cc07",
        createdAtMs: Date.parse("2026-11-20T10:00:00.123Z"),
        updatedAtMs: Date.parse("2026-11-20T10:02:41.500Z"),
        commands: [
          {
            index: 0,
            type: "RunScript",
            parameters: { ScriptName: "a.ps1" },
            status: "Completed",
            startedAtMs: Date.parse("2026-11-20T10:02:00.566Z"),
            endedAtMs: null,
            errors: ["one", '{"code":2}'],
          },
        ],
      },
    });
  });

  it("is absent while reads lag behind the POST", async () => {
    const server = await loopback((_, response) => json(response, 404, refusal("NotFound")));
    expect((await clientOf(server).getAction("a-1")).kind).toBe("absent");
  });

  it("is unavailable on silence, on a dropped line, and without a token", async () => {
    const silent = await loopback(() => {});
    const dropping = await loopback((_, response) => response.destroy());
    const replies = [
      await clientOf(silent, { timeouts: { ...IMPATIENT } }).getAction("a-1"),
      await clientOf(dropping).getAction("a-1"),
      await clientOf(dropping, { getToken: noToken }).getAction("a-1"),
    ];
    expect(replies.map((reply) => reply.kind)).toEqual(Array(3).fill("unavailable"));
    expect(dropping.seen).toHaveLength(1);
  });
});

describe("prepare", () => {
  it("fetches a token before it is needed, and says why there is none", async () => {
    const server = await loopback(() => {});
    expect(await clientOf(server).prepare()).toEqual({ kind: "answered", value: null });
    expect(await clientOf(server, { getToken: noToken }).prepare()).toEqual({
      kind: "unavailable",
      detail: "no access token: identity is down",
    });
    expect(server.seen).toHaveLength(0);
  });
});

describe("listActions", () => {
  const since = Date.parse("2026-11-20T10:00:00Z");

  it("asks for live response since that time, in one call", async () => {
    const server = await loopback((_, response) => json(response, 200, { value: [ACTION] }));
    const reply = await clientOf(server).listActions(since, async () => true);
    expect(reply).toMatchObject({ kind: "answered", value: [{ id: ACTION.id }] });
    const url = new URL(server.seen[0]?.url ?? "", server.baseUrl);
    expect(url.searchParams.get("$filter")).toBe(
      "type eq 'LiveResponse' and creationDateTimeUtc ge 2026-11-20T10:00:00.000Z",
    );
    expect(url.searchParams.get("$top")).toBe("10000");
    expect(server.seen).toHaveLength(1);
  });

  it("follows the pages, newest first, each action once, as last read", async () => {
    const server = await loopback(({ url }, response, host) =>
      url.includes("skip")
        ? json(response, 200, {
            value: [
              { id: "b", status: "Succeeded", creationDateTimeUtc: at(2) },
              { id: "c", creationDateTimeUtc: at(3) },
            ],
          })
        : json(response, 200, {
            value: [
              { id: "a", creationDateTimeUtc: at(1) },
              { id: "b", status: "Pending", creationDateTimeUtc: at(2) },
            ],
            "@odata.nextLink": `http://${host}/api/machineactions?$skip=2`,
          }),
    );
    const reply = await clientOf(server).listActions(since, async () => true);
    expect(reply).toMatchObject({
      kind: "answered",
      value: [{ id: "c" }, { id: "b", status: "Succeeded" }, { id: "a" }],
    });
  });

  it("skips what is no live response, and keeps statuses it does not know", async () => {
    const value = [
      null,
      { id: 7 },
      { id: "../x" },
      { id: "scan", type: "RunAntiVirusScan" },
      { id: "odd", type: "LiveResponse", status: "Paused", commands: null },
      { id: "bare" },
    ];
    const server = await loopback((_, response) => json(response, 200, { value }));
    const reply = await clientOf(server).listActions(since, async () => true);
    expect(reply).toMatchObject({
      kind: "answered",
      value: [
        { id: "odd", status: "Paused", commands: [] },
        { id: "bare", status: "Unknown" },
      ],
    });
  });

  it.each([
    ["another host", () => "https://evil.example/api/machineactions?$skip=1"],
    ["no address", () => "http://"],
    ["itself, for ever", (host: string) => `http://${host}/api/machineactions`],
  ])("is unavailable when the next page is on %s", async (_, next) => {
    const server = await loopback((_, response, host) =>
      json(response, 200, { value: [], "@odata.nextLink": next(host) }),
    );
    expect((await clientOf(server).listActions(since, async () => true)).kind).toBe("unavailable");
    expect(server.seen.length).toBeLessThanOrEqual(20);
  });

  it("is unavailable when a page is missing, lest what it held seem gone", async () => {
    const server = await loopback(({ url }, response) =>
      url.includes("skip")
        ? json(response, 503, "")
        : json(response, 200, { value: [ACTION], "@odata.nextLink": "?$skip=1" }),
    );
    expect((await clientOf(server).listActions(since, async () => true)).kind).toBe("unavailable");
  });

  it("asks for no page that nobody pays for", async () => {
    const server = await loopback((_, response) =>
      json(response, 200, { value: [ACTION], "@odata.nextLink": "?$skip=1" }),
    );
    let left = 2;
    const reply = await clientOf(server).listActions(since, async () => {
      left -= 1;
      return left >= 0;
    });
    expect(reply).toEqual({ kind: "unavailable", detail: "no calls are left for its next page" });
    expect(server.seen).toHaveLength(3);
  });

  it("reads a full page of many MiB, and looks what comes after it", async () => {
    const full = Array.from({ length: 10_000 }, (_, n) => ({ ...ACTION, id: `a-${n}` }));
    const server = await loopback(({ url }, response) =>
      json(response, 200, { value: url.endsWith("&$skip=10000") ? [ACTION] : full }),
    );
    const reply = await clientOf(server).listActions(since, async () => true);
    expect(reply.kind === "answered" && reply.value.length).toBe(10_001);
    expect(server.seen).toHaveLength(2);
  });
});

describe("cancelAction", () => {
  it("posts a comment, and takes the action for an answer", async () => {
    const server = await loopback((_, response) => json(response, 200, { ...ACTION, id: "a-1" }));
    const reply = await clientOf(server).cancelAction("a-1", "[tag] no longer wanted");
    expect(reply).toEqual({ kind: "answered", value: null });
    expect(server.seen[0]).toMatchObject({
      method: "POST",
      url: "/api/machineactions/a-1/cancel",
      body: '{"Comment":"[tag] no longer wanted"}',
    });
  });

  it.each(["<html>Sign in</html>", "", '{"id":"a-2"}', "{}"])(
    "does not take %j for an answer",
    async (body) => {
      const server = await loopback((_, response) => response.writeHead(200).end(body));
      expect((await clientOf(server).cancelAction("a-1", "c")).kind).toBe("unavailable");
    },
  );

  it("is refused with 400 for an action that has ended", async () => {
    const server = await loopback((_, response) => json(response, 400, refusal("BadRequest")));
    const reply = await clientOf(server).cancelAction("a-1", "c");
    expect(reply).toMatchObject({ kind: "refused", httpStatus: 400 });
  });
});
