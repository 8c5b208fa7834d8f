import { gzipSync } from "node:zlib";

import { describe, expect, it, vi } from "vitest";

import { checkLink } from "../../shared/defender/link.ts";
import type { Download, Reply } from "../../shared/ports.ts";
import { clientOf, IMPATIENT, json, loopback, refusal } from "./loopback.ts";

describe("resultLink", () => {
  it("gives the link of one command", async () => {
    const server = await loopback((_, response, host) =>
      json(response, 200, { value: `http://${host}/results/x?se=1&sig=abc%2B` }),
    );
    expect(await clientOf(server).resultLink("a-1", 3)).toEqual({
      kind: "answered",
      value: `${server.baseUrl}/results/x?se=1&sig=abc%2B`,
      dateMs: expect.any(Number),
    });
    expect(server.seen[0]?.url).toBe(
      "/api/machineactions/a-1/GetLiveResponseResultDownloadLink(index=3)",
    );
  });

  it("refuses a link to a host that is not allowed, and does not repeat its query", async () => {
    const value = "https://evil.example/results/x?sig=canary";
    const server = await loopback((_, response) => json(response, 200, { value }));
    const reply = await clientOf(server).resultLink("a-1", 0);
    expect(reply).toMatchObject({ kind: "refused", code: "LinkNotAllowed" });
    expect(JSON.stringify(reply)).toContain("evil.example");
    expect(JSON.stringify(reply)).not.toContain("canary");
  });

  it("is absent for a result that is not there", async () => {
    const server = await loopback((_, response) => json(response, 404, refusal("NotFound")));
    expect((await clientOf(server).resultLink("a-1", 0)).kind).toBe("absent");
  });

  it.each([-1, 0.5, Number.NaN])("throws on the index %d", async (index) => {
    const server = await loopback(() => {});
    await expect(clientOf(server).resultLink("a-1", index)).rejects.toThrow(/index/);
  });
});

describe("a result link", () => {
  const hosts = ["blob.core.windows.net", "core.windows.net", "127.0.0.1:8080"];

  it.each([
    ["https://core.windows.net/investigation-actions-data/x?sig=1", true, "allowed"],
    ["https://account.blob.core.windows.net/x?sig=1", true, "allowed"],
    ["http://account.blob.core.windows.net/x", true, "refused"],
    ["https://account.blob.core.windows.net:8443/x", true, "refused"],
    ["https://evilcore.windows.net/x", true, "refused"],
    ["https://core.windows.net.evil.example/x", true, "refused"],
    ["https://core.windows.net@evil.example/x", true, "refused"],
    ["https://u:p@core.windows.net/x", true, "refused"],
    ["http://127.0.0.1:8080/x", true, "allowed"],
    ["http://127.0.0.1:8080/x", false, "refused"],
    ["http://127.0.0.1:9090/x", true, "refused"],
    ["http://[::1]:8080/x", true, "refused"],
    ["http://169.254.169.254/metadata", true, "refused"],
    ["file:///etc/passwd", true, "refused"],
    ["ftp://127.0.0.1:8080/x", true, "refused"],
    ["not an address", true, "refused"],
    ["", true, "refused"],
  ])("to %s (API on loopback: %s) is %s", (link, apiIsLoopback, verdict) => {
    expect(checkLink(link, { hosts, apiIsLoopback }).kind).toBe(verdict);
  });
});

describe("download", () => {
  it("streams the bytes as served, with name and length, and shows no token", async () => {
    const server = await loopback((_, response) => {
      response.setHeader("Content-Disposition", 'attachment; filename="out%20put.zip.gz"');
      response.setHeader("Content-Length", "6");
      response.end(Buffer.from([0x1f, 0x8b, 0, 1, 2, 3]));
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x?sig=1`);
    expect(reply).toMatchObject({
      kind: "answered",
      value: { fileName: "out put.zip.gz", length: 6 },
    });
    expect(await bytesOf(reply)).toEqual(Buffer.from([0x1f, 0x8b, 0, 1, 2, 3]));
    expect(server.seen[0]?.headers).not.toHaveProperty("authorization");
    expect(server.seen[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
  });

  it("knows neither name nor length when the headers do not tell", async () => {
    const server = await loopback((_, response) => {
      response.write("some");
      response.end("thing");
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x`);
    expect(reply).toMatchObject({ kind: "answered", value: { fileName: null, length: null } });
    expect((await bytesOf(reply)).toString()).toBe("something");
  });

  it("tells no length when a transport encoding was undone on the way", async () => {
    const server = await loopback((_, response) => {
      const body = gzipSync("the bytes themselves");
      response.writeHead(200, { "content-encoding": "gzip", "content-length": body.byteLength });
      response.end(body);
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x`);
    expect(reply).toMatchObject({ kind: "answered", value: { length: null } });
    expect((await bytesOf(reply)).toString()).toBe("the bytes themselves");
  });

  it.each([
    [403, "refused"],
    [404, "absent"],
    [410, "absent"],
    [302, "refused"],
    [429, "throttled"],
    [500, "unavailable"],
    [503, "unavailable"],
    [206, "unavailable"],
  ])("answers %i as %s", async (status, kind) => {
    const server = await loopback((_, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end("Signature canary is wrong");
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x?sig=canary`);
    expect(reply.kind).toBe(kind);
    expect(JSON.stringify(reply)).not.toContain("canary");
    expect(server.seen).toHaveLength(1);
  });

  it("is refused for a host that is not allowed, and asks nothing of it", async () => {
    const server = await loopback((_, response) => response.end("x"));
    const reply = await clientOf(server, { linkHosts: [] }).download(`${server.baseUrl}/x`);
    expect(reply).toMatchObject({ kind: "refused", code: "LinkNotAllowed" });
    expect(server.seen).toHaveLength(0);
  });

  it("is unavailable when the store drops the line or keeps silent", async () => {
    const dropping = await loopback((_, response) => response.destroy());
    const silent = await loopback(() => {});
    const replies = [
      await clientOf(dropping).download(`${dropping.baseUrl}/x?sig=canary`),
      await clientOf(silent, { timeouts: IMPATIENT }).download(`${silent.baseUrl}/x?sig=canary`),
    ];
    expect(replies.map((reply) => reply.kind)).toEqual(["unavailable", "unavailable"]);
    expect(JSON.stringify(replies)).not.toContain("canary");
  });

  it("throws within the content when it breaks off", async () => {
    const server = await loopback((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => response.destroy());
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x`);
    await expect(bytesOf(reply)).rejects.toThrow(/./);
  });

  it("throws within the content when it stalls", async () => {
    const server = await loopback((_, response) => {
      response.write("half");
    });
    const client = clientOf(server, { timeouts: { ...IMPATIENT, readMs: 5_000 } });
    const reply = await client.download(`${server.baseUrl}/x`);
    await expect(bytesOf(reply)).rejects.toThrow(/stalled/);
  });

  it("does not hurry whoever reads it", async () => {
    const server = await loopback((_, response) => {
      response.write("first");
      response.end("last");
    });
    const client = clientOf(server, { timeouts: { ...IMPATIENT, readMs: 5_000 } });
    const reply = await client.download(`${server.baseUrl}/x`);
    const slowly = await bytesOf(reply, 150);
    expect(slowly.toString()).toBe("firstlast");
  });

  it("lets go of the connection when the reader leaves early", async () => {
    const closed: string[] = [];
    const server = await loopback((_, response) => {
      response.on("close", () => closed.push("closed"));
      response.write("x".repeat(1_000));
    });
    const reply = await clientOf(server).download(`${server.baseUrl}/x`);
    if (reply.kind !== "answered") throw new Error(reply.kind);
    for await (const chunk of reply.value.content) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await vi.waitFor(() => expect(closed).toEqual(["closed"]));
  });
});

async function bytesOf(reply: Reply<Download>, pauseMs = 0): Promise<Buffer> {
  if (reply.kind !== "answered") throw new Error(reply.kind);
  const pieces: Uint8Array[] = [];
  for await (const piece of reply.value.content) {
    pieces.push(piece);
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs);
    });
  }
  return Buffer.concat(pieces);
}
