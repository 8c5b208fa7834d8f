import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as sendRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { WORKER_ARGUMENTS } from "../../../local/host/worker-arguments.ts";
import type { HostChild } from "./host-child.ts";
import { addressOf, bundle, runHost } from "./host-child.ts";

const KEY = "a key";
const KEY_HASH = createHash("sha256").update(KEY).digest("hex");
/** Nothing listens there: what is refused needs no storage. */
const NO_STORAGE =
  "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=bm90IGEga2V5;" +
  ["Blob", "Queue", "Table"].map((part) => `${part}Endpoint=http://127.0.0.1:9/a`).join(";");
const SETTINGS = {
  AzureWebJobsStorage: NO_STORAGE,
  POLL_SCHEDULE: "0 0 0 1 1 *",
  DEFENDER_API_URL: "http://127.0.0.1:9",
  DEFENDER_ACCESS_TOKEN: "none",
  CALLERS: JSON.stringify([
    { name: "sender", key: `sha256:${KEY_HASH}`, may: ["incident.submit"] },
  ]),
  [WORKER_ARGUMENTS]: "--max-http-header-size=65536",
};

let folder: string;
let host: HostChild;
let url: string;

/** The app itself, bundled as it is deployed, in a process of its own as on Azure. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lrq-bodies-"));
  await Promise.all([
    bundle("local/host/main.ts", join(folder, "host.mjs")),
    bundle("functions/main.ts", join(folder, "dist/app/main.mjs")),
  ]);
  cpSync("host.json", join(folder, "host.json"));
  cpSync("profiles", join(folder, "profiles"), { recursive: true });
  cpSync("library", join(folder, "library"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "dist/app/main.mjs" }));
  host = runHost(join(folder, "host.mjs"), folder, SETTINGS);
  url = await addressOf(host);
});
afterAll(() => {
  host.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const MIB = 2 ** 20;
/** The host says it of a body of that length that is declared for the function `pause`. */
const MARK = " error pause ";
const PIECE = Buffer.alloc(65_536, " ");

interface Sent {
  readonly bytes: number;
  readonly declared: boolean;
  readonly known: boolean;
  readonly keepAlive: boolean;
}

/** Sends a body as fast as it is taken; the status and problem that came back, or what broke. */
function send({ bytes, declared, known, keepAlive }: Sent): Promise<string> {
  return new Promise((resolve) => {
    const agent = new Agent({ keepAlive });
    const request = sendRequest(`${url}/api/incidents/generic`, {
      method: "POST",
      agent,
      headers: {
        "content-type": "application/json",
        ...(declared ? { "content-length": bytes } : { "transfer-encoding": "chunked" }),
        ...(known ? { authorization: `Bearer ${KEY}` } : {}),
      },
    });
    request.once("error", (error) => resolve(`broken: ${error.message}`));
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.once("end", () => {
        agent.destroy();
        resolve(`${response.statusCode} ${typeIn(text)}`);
      });
    });
    let left = bytes;
    const go = (): void => {
      if (left === 0) return void request.end();
      const piece = PIECE.subarray(0, left);
      left -= piece.length;
      request.write(piece, go);
    };
    go();
  });
}

function typeIn(text: string): string {
  return text === "" ? "empty" : z.object({ type: z.string() }).parse(JSON.parse(text)).type;
}

const logged = (part: string) =>
  host
    .stderr()
    .split("\n")
    .filter((line) => line.includes(part));

/**
 * What the host has logged of failed webhooks. Its log comes by another way than its answers; so
 * another function fails, and what was logged before is there once that is.
 */
async function errorsLogged(): Promise<string[]> {
  const marks = logged(MARK).length;
  await new Promise<void>((resolve, reject) => {
    const headers = { "content-length": 101 * MIB };
    const request = sendRequest(`${url}/api/pause`, { method: "POST", headers });
    request.once("error", reject).once("response", () => {
      request
        .off("error", reject)
        .once("error", () => undefined)
        .destroy();
      resolve();
    });
    request.flushHeaders();
  });
  await expect.poll(() => logged(MARK).length).toBe(marks + 1);
  return logged(" error incidentWebhook ");
}

const SIZES = [2.3, 5, 20, 101];
const WAYS = [true, false].flatMap((declared) =>
  [true, false].flatMap((known) =>
    [true, false].map((keepAlive) => ({ declared, known, keepAlive })),
  ),
);

describe("a body larger than the app takes", () => {
  it.each(SIZES)("of %d MiB is refused in the app's own words, or by the host", async (size) => {
    const bytes = Math.round(size * MIB);
    const before = (await errorsLogged()).length;
    for (const way of WAYS) {
      const problem = way.known
        ? "413 urn:lrq:problem:too-large"
        : "401 urn:lrq:problem:unauthenticated";
      const expected = size > 100 ? "500 empty" : problem;
      expect({ ...way, came: await send({ bytes, ...way }) }).toEqual({ ...way, came: expected });
    }
    const errors = (await errorsLogged()).slice(before);
    const ofLimit = errors.filter((line) => line.endsWith("is longer than 104857600 bytes"));
    expect(ofLimit).toEqual(errors);
    expect(errors.length).toBe(size > 100 ? WAYS.length : 0);
  });
});

async function statusWith(headerBytes: number, at = url): Promise<number> {
  const headers = { "x-long": "y".repeat(headerBytes) };
  return (await fetch(`${at}/api/health`, { headers })).status;
}

describe("headers larger than Node takes by itself", () => {
  it("reach the app with the worker's argument that a deployment needs, up to 32 KiB", async () => {
    expect([await statusWith(17_000), await statusWith(30_000)]).toEqual([200, 200]);
    expect(await statusWith(33_000)).toBe(431);
  });

  it("do not without it, and the log says what Azure would do", async () => {
    const bare = runHost(join(folder, "host.mjs"), folder, { ...SETTINGS, [WORKER_ARGUMENTS]: "" });
    onTestFinished(() => void bare.child.kill("SIGKILL"));
    expect(await statusWith(17_000, await addressOf(bare))).toBe(431);
    await expect.poll(bare.stderr).toContain("hangs until functionTimeout");
  });
});

describe("a header that is not ASCII", () => {
  it("is handed on, where Azure would hang", async () => {
    const headers = { "x-name": "Zo\u00EB" };
    expect((await fetch(`${url}/api/health`, { headers })).status).toBe(200);
  });
});
