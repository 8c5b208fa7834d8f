import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as tick, setTimeout as pass } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { evidenceApi } from "../../../local/lrq/api.ts";
import { exportRun } from "../../../local/lrq/export-run.ts";
import { custodyEntrySchema } from "../../../shared/evidence/custody.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { openCollecting } from "../../workflow/collecting.ts";
import { apiOf, temporaryFolder } from "./exporting.ts";

const KEY = "a key nobody else may see";
const MIB = 2 ** 20;
const LISTED = { sequenceId: `${RUN_ID}.0123456789ab`, index: 0, path: "a/b/0-0.bin" };

/** A server that answers anything with `answer`, and lrq's API as an export asks it there. */
async function lrqWith(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  timeouts = { readMs: 10_000, stallMs: 10_000 },
) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : null;
  const url = `http://127.0.0.1:${port}`;
  return { url, api: evidenceApi({ url, key: KEY }, null, timeouts) };
}

/** So many bytes in pieces of 4 KiB, as fast as they are taken; tells of each. */
function* drops(size: number, tell: (bytes: number) => void): Generator<Uint8Array> {
  const drop = Buffer.alloc(4_096, 7);
  for (let sent = 0; sent < size; sent += drop.byteLength) {
    tell(drop.byteLength);
    yield drop;
  }
}

async function sizeOf(content: AsyncIterable<Uint8Array>, delayMs: number): Promise<number> {
  let size = 0;
  for await (const piece of content) {
    size += piece.byteLength;
    await pass(delayMs);
  }
  return size;
}

/** Sends half of what it promises, and closes. */
function sendHalf(response: ServerResponse, headers: Record<string, number>): void {
  response.writeHead(200, headers);
  response.write(Buffer.alloc(2 * MIB, 7), () => response.destroy());
}

const FRAMINGS: readonly [string, Record<string, number>][] = [
  ["of a known length", { "content-length": 4 * MIB }],
  ["in chunked encoding", {}],
];

describe("a result that lrq sends", () => {
  it.each([
    ["of a known length", { "content-length": 48 * MIB }],
    ["in chunked encoding", {}],
  ])("%s is read no faster than it is taken, but for what sockets hold", async (_, headers) => {
    let written = 0;
    const { api } = await lrqWith((__, response) => {
      response.writeHead(200, headers);
      const body = Readable.from(drops(48 * MIB, (bytes) => (written += bytes)));
      // The reader leaves, and that breaks it.
      pipeline(body, response).catch(() => undefined);
    });
    let taken = 0;
    for await (const piece of await api.open(RUN_ID, LISTED)) {
      taken += piece.byteLength;
      if (taken > 12 * MIB) break;
      await tick();
    }
    // Linux lets the two sockets of a connection hold 6 and 4 MiB.
    expect(written - taken).toBeLessThan(16 * MIB);
  });

  it.each(FRAMINGS)("%s is whole though lrq closes before it is taken", async (_, headers) => {
    const { api } = await lrqWith((__, response) => {
      response.writeHead(200, { ...headers, connection: "close" });
      response.end(Buffer.alloc(4 * MIB, 7));
    });
    expect(await sizeOf(await api.open(RUN_ID, LISTED), 2)).toBe(4 * MIB);
  });

  it.each(FRAMINGS)("%s and breaks off is an error that says where", async (_, headers) => {
    const { api } = await lrqWith((__, response) => sendHalf(response, headers));
    const reading = sizeOf(await api.open(RUN_ID, LISTED), 2);
    await expect(reading).rejects.toThrow(
      new RegExp(`^lrq ended runs/${RUN_ID}/evidence/${LISTED.sequenceId}/0 after \\d+ bytes: `),
    );
  });

  it("and stops coming is given up after the time of a stall", async () => {
    const { api } = await lrqWith((_, response) => void response.writeHead(200).write("a"), {
      readMs: 10_000,
      stallMs: 60,
    });
    const reading = sizeOf(await api.open(RUN_ID, LISTED), 0);
    await expect(reading).rejects.toThrow(/ after 1 bytes: stalled$/);
  });

  it.each(FRAMINGS)("%s and breaks off leaves no file behind", async (_, headers) => {
    const { api } = await lrqWith((__, response) => sendHalf(response, headers));
    const chunks = [Buffer.from("bytes")];
    const collecting = await openCollecting([{ type: "GetFile", fileName: null, chunks }]);
    await collecting.collect();
    const folder = join(temporaryFolder(), "run");
    const breaking = { open: async () => await api.open(RUN_ID, LISTED) };
    const exporting = exportRun({ ...apiOf(collecting), ...breaking }, RUN_ID, folder);
    await expect(exporting).rejects.toThrow(/^lrq ended runs\//);
    const left = readdirSync(folder, { recursive: true, withFileTypes: true });
    expect(left.filter((each) => !each.isDirectory())).toEqual([]);
  });
});

describe("a file that is there already", () => {
  it.each(["", ".part"])(
    "is never written over, nor removed, when it ends with %o",
    async (end) => {
      const chunks = [Buffer.from("bytes")];
      const collecting = await openCollecting([{ type: "GetFile", fileName: null, chunks }]);
      await collecting.collect();
      const [entry] = z.array(custodyEntrySchema).parse((await collecting.manifest()).entries);
      const folder = temporaryFolder();
      const path = join(folder, `${entry?.storedAs}${end}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "mine");
      await expect(exportRun(apiOf(collecting), RUN_ID, folder)).rejects.toThrow(/already/);
      expect(readFileSync(path, "utf8")).toBe("mine");
    },
  );
});

describe("an answer of lrq", () => {
  it("is asked for with the key", async () => {
    const seen: unknown[] = [];
    const { api } = await lrqWith((request, response) => {
      seen.push(request.url, request.headers.authorization);
      response.end(JSON.stringify({ runId: RUN_ID, evidence: [LISTED] }));
    });
    expect(await api.list(RUN_ID)).toEqual([LISTED]);
    expect(seen).toEqual([`/api/runs/${RUN_ID}/evidence`, `Bearer ${KEY}`]);
  });

  it("about another run than the one that was asked for is refused", async () => {
    const other = "1".repeat(20);
    const answers: Readonly<Record<string, object>> = {
      manifest: { v: 1, runId: other, head: "", entries: [] },
      evidence: { runId: other, evidence: [] },
      seals: { runId: other, seals: [], unsealed: null },
      "audit?from=1": { chain: other, records: [], next: null },
    };
    const { api } = await lrqWith((request, response) => {
      response.end(JSON.stringify(answers[request.url?.split("/").at(-1) ?? ""]));
    });
    const why = `lrq was asked for ${RUN_ID}, but answered about ${other}`;
    for (const ask of ["manifest", "list", "seals", "audit"] as const) {
      await expect(api[ask](RUN_ID)).rejects.toThrow(why);
    }
    await expect(api.audit(null)).rejects.toThrow("lrq was asked for queue");
  });

  it("that leads elsewhere is not followed, and the key stays here", async () => {
    const seen: unknown[] = [];
    const elsewhere = await lrqWith((request, response) => {
      seen.push(request.url);
      response.end("{}");
    });
    const { api } = await lrqWith((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/there` }).end("over there");
    });
    await expect(api.manifest(RUN_ID)).rejects.toThrow(
      `lrq answered 307 to runs/${RUN_ID}/manifest: over there`,
    );
    expect(seen).toEqual([]);
  });

  it("that refuses is told with its words, however many there are", async () => {
    const { api } = await lrqWith((_, response) => {
      response.writeHead(403).end(`no right ${"!".repeat(MIB)}`);
    });
    const refusal: unknown = await api.open(RUN_ID, LISTED).catch((error: unknown) => error);
    expect(String(refusal)).toMatch(/lrq answered 403 to runs\/.*: no right !+$/);
    expect(String(refusal).length).toBeLessThan(5_000);
  });

  it("that never comes is given up in time", async () => {
    const { api } = await lrqWith(() => undefined, { readMs: 60, stallMs: 10_000 });
    await expect(api.list(RUN_ID)).rejects.toThrow(
      `lrq did not answer to runs/${RUN_ID}/evidence: no answer in time`,
    );
  });

  it("of nobody is told with the code of the platform", async () => {
    const api = evidenceApi({ url: "http://127.0.0.1:9", key: KEY });
    await expect(api.list(RUN_ID)).rejects.toThrow("the connection broke (ECONNREFUSED)");
  });
});
