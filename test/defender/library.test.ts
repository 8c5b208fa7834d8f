import { describe, expect, it, onTestFinished } from "vitest";
import { sampleTenant } from "../../local/defender-simulator/sample-tenant.ts";
import { startSimulator } from "../../local/defender-simulator/simulator.ts";
import { clientOf, json, loopback, refusal } from "./loopback.ts";

const SHA = "0123456789abcdef".repeat(4);

async function listed(value: unknown[], more: object = {}) {
  const server = await loopback((_, response) => json(response, 200, { value, ...more }));
  const reply = await clientOf(server).listLibrary();
  expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET /api/libraryfiles",
  ]);
  return reply;
}

describe("listLibrary", () => {
  it("gives each file with its hash, its times and who uploaded it", async () => {
    const file = {
      fileName: "Collect.ps1",
      sha256: SHA.toUpperCase(),
      description: null,
      creationTime: "2026-11-20T10:00:00.1234567Z",
      lastUpdatedTime: "2026-11-21T10:00:00Z",
      createdBy: "ana@contoso.example",
      hasParameters: true,
      parametersDescription: "-Days",
    };
    expect(await listed([file])).toEqual({
      kind: "answered",
      value: [
        {
          name: "Collect.ps1",
          sha256: SHA,
          createdAtMs: Date.parse("2026-11-20T10:00:00.123Z"),
          updatedAtMs: Date.parse("2026-11-21T10:00:00Z"),
          createdBy: "ana@contoso.example",
          description: null,
        },
      ],
    });
  });

  it("says nothing of what Defender left out, and skips what has no name", async () => {
    const value = [
      { fileName: "bare.sh" },
      { fileName: "Bare.sh", sha256: "md5?", createdBy: 7 },
      { sha256: SHA },
      null,
    ];
    const nothing = { sha256: null, createdAtMs: null, updatedAtMs: null, createdBy: null };
    expect(await listed(value)).toEqual({
      kind: "answered",
      value: [
        { name: "bare.sh", ...nothing, description: null },
        { name: "Bare.sh", ...nothing, description: null },
      ],
    });
  });

  it("is unavailable if there is more than the answer shows", async () => {
    const reply = await listed([], { "@odata.nextLink": "http://127.0.0.1/api/libraryfiles?x" });
    expect(reply.kind).toBe("unavailable");
  });

  it.each([
    [403, "Forbidden", "refused"],
    [401, "Unauthorized", "refused"],
    [404, "NotFound", "absent"],
    [429, "TooManyRequests", "throttled"],
    [500, "InternalServerError", "unavailable"],
  ])("after %i is %s: %s", async (status, code, kind) => {
    const server = await loopback((_, response) => json(response, status, refusal(code)));
    expect((await clientOf(server).listLibrary()).kind).toBe(kind);
  });

  it("reads the library of the simulated tenant", async () => {
    const { library } = sampleTenant({ machines: 0 });
    const simulator = await startSimulator({ seed: 1, machines: [], library });
    onTestFinished(() => simulator.close());
    const { host } = new URL(simulator.url);
    const reply = await clientOf({ host, baseUrl: simulator.url, seen: [] }).listLibrary();
    const names = reply.kind === "answered" ? reply.value.map(({ name }) => name) : [];
    expect(names).toEqual(library.map(({ fileName }) => fileName));
    expect(reply.kind === "answered" && reply.value.every(({ sha256 }) => sha256 !== null)).toBe(
      true,
    );
  });
});
