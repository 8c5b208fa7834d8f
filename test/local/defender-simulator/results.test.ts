import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fileSha256 } from "../../../local/defender-simulator/generated-bytes.ts";
import type { SimulatedFile } from "../../../local/defender-simulator/options.ts";
import { codeOf, command, GET, idOf, machineId, machines, PUT, RUN, startBench } from "./caller.ts";
import type { Bench, Reply } from "./caller.ts";

const PATH = "C:\\Temp\\big file.bin";
const FETCH = command("GetFile", { Path: PATH });

/** Runs the commands to their end and asks for the link of one of them. */
async function linkOf(bench: Bench, commands: readonly unknown[], index: number): Promise<Reply> {
  const id = idOf(await bench.submit(0, commands));
  bench.clock.advanceSeconds(400);
  return askLink(bench, id, index);
}

function askLink(bench: Bench, id: string, index: number): Promise<Reply> {
  const called = `GetLiveResponseResultDownloadLink(index=${index})`;
  return bench.call("GET", `/api/machineactions/${id}/${called}`);
}

async function fetched(bench: Bench): Promise<{ response: Response; bytes: Buffer }> {
  const response = await fetch(String((await linkOf(bench, [FETCH], 0)).at("value")));
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

function having(file: SimulatedFile) {
  return { machines: machines(1, { files: { [PATH]: file } }) };
}

describe("a result link", () => {
  it("is good for thirty minutes and can be asked for again", async () => {
    const bench = await startBench();
    const id = idOf(await bench.submit(0));
    bench.clock.advanceSeconds(400);
    const link = String((await askLink(bench, id, 0)).at("value"));
    const { pathname, searchParams } = new URL(link);
    expect(pathname).toContain(`/investigation-actions-data/${id}/CustomPlaybookCommandOutput/`);
    expect(searchParams.get("se")).toBe("2026-11-21T08:36:40Z");
    bench.clock.advanceSeconds(1_799);
    expect((await bench.call("GET", link)).status).toBe(200);
    bench.clock.advanceSeconds(1);
    const expired = await bench.call("GET", link);
    expect(expired.status).toBe(403);
    expect(expired.headers.get("content-type")).toBe("application/xml");
    expect(expired.text).toContain("<Code>AuthenticationFailed</Code>");
    const fresh = String((await askLink(bench, id, 0)).at("value"));
    expect((await bench.call("GET", fresh)).status).toBe(200);
  });

  it("is refused when its signature or its expiry was tampered with", async () => {
    const bench = await startBench();
    const link = String((await linkOf(bench, [RUN], 0)).at("value"));
    expect((await bench.call("GET", link.replace("2026", "2027"))).status).toBe(403);
    expect((await bench.call("GET", link.replace("sig=", "sig=x"))).status).toBe(403);
  });

  it("is refused with an Authorization header, and the observer complains", async () => {
    const bench = await startBench();
    const link = String((await linkOf(bench, [RUN], 0)).at("value"));
    const headers = { Authorization: "Bearer x" };
    expect((await bench.call("GET", link, undefined, headers)).status).toBe(400);
    expect(bench.simulator.violations()).toEqual(["A download carried an Authorization header"]);
  });

  it.each([404, 400] as const)(
    "answers %d for PutFile, a bad index, the unfinished and the failed",
    async (noResultStatus) => {
      const bench = await startBench({ switches: { noResultStatus } });
      const id = idOf(await bench.submit(0, [PUT, GET]));
      expect((await askLink(bench, id, 1)).status).toBe(noResultStatus);
      bench.clock.advanceSeconds(400);
      expect((await askLink(bench, id, 0)).status).toBe(noResultStatus);
      expect((await askLink(bench, id, 1)).status).toBe(noResultStatus);
      expect((await askLink(bench, id, 2)).status).toBe(noResultStatus);
    },
  );

  it("comes a while after the end of the command when the switch says so", async () => {
    const bench = await startBench({
      switches: { resultAfterSeconds: [400, 400] },
    });
    const early = await linkOf(bench, [RUN], 0);
    expect([early.status, codeOf(early)]).toEqual([404, "ResourceNotFound"]);
    bench.clock.advanceSeconds(400);
    expect((await askLink(bench, bench.simulator.actions()[0]?.id ?? "", 0)).status).toBe(200);
  });

  it("is there for a failed script only when the switch says so", async () => {
    const failing = { machines: machines(1, { scripts: { "run.ps1": { failsAction: true } } }) };
    expect((await linkOf(await startBench(failing), [RUN], 0)).status).toBe(404);
    const kept = await startBench({ ...failing, switches: { failedScriptHasResult: true } });
    expect((await linkOf(kept, [RUN], 0)).status).toBe(200);
  });

  it("is gone after the retention of the switch, and stays for ever without", async () => {
    expect(await statusLater(null)).toBe(200);
    expect(await statusLater(86_400)).toBe(404);
  });
});

describe("a script's result", () => {
  const scripts = { "run.ps1": { exitCode: 2, output: "one\ntwo", errors: "oh" } };
  const given = { machines: machines(1, { scripts }) };
  const resultWith = async (scriptResult: "padded" | "plain" | "rawNewline" | "names2021") => {
    const bench = await startBench({ ...given, switches: { scriptResult } });
    return bench.call("GET", String((await linkOf(bench, [RUN], 0)).at("value")));
  };

  it("is JSON whose output is padded with NULs", async () => {
    const padded = await resultWith("padded");
    expect(JSON.parse(padded.text)).toEqual({
      script_name: "run.ps1",
      exit_code: 2,
      script_output: "one\ntwo\u0000\u0000\u0000",
      script_errors: "oh",
    });
    expect(padded.headers.get("content-type")).toBe("application/octet-stream");
  });

  it("is plain, broken, or named as in 2021 when the switch says so", async () => {
    expect((await resultWith("plain")).at("script_output")).toBe("one\ntwo");
    const broken = await resultWith("rawNewline");
    expect(broken.text).toContain("one\ntwo");
    expect(() => JSON.parse(broken.text)).toThrow(SyntaxError);
    expect((await resultWith("names2021")).at("script_error")).toBe("oh");
  });

  it("names the machine by default, and has the content type of the switch", async () => {
    const bench = await startBench({ switches: { blobContentType: "application/json" } });
    const reply = await bench.call("GET", String((await linkOf(bench, [RUN], 0)).at("value")));
    expect(reply.at("script_output")).toContain("run.ps1 ran on pc-0.corp.contoso.example");
    expect(reply.headers.get("content-type")).toBe("application/json");
  });
});

describe("a fetched file", () => {
  it("comes gzipped under its percent-encoded name", async () => {
    const content = Buffer.from("evidence");
    const { response, bytes } = await fetched(await startBench(having({ content })));
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="big%20file.bin.gz"',
    );
    expect(Number(response.headers.get("content-length"))).toBe(bytes.length);
    expect(gunzipSync(bytes)).toEqual(content);
  });

  it("comes raw when the switch says so", async () => {
    const content = Buffer.from("evidence");
    const bench = await startBench({ ...having({ content }), switches: { fileResult: "raw" } });
    const { response, bytes } = await fetched(bench);
    expect(response.headers.get("content-disposition")).toContain('"big%20file.bin"');
    expect(bytes).toEqual(content);
  });

  it.each([0, 1, 65_535, 65_536, 5_000_000])(
    "of %d generated bytes unpacks to the SHA-256 that tests can know",
    async (randomBytes) => {
      const file = { content: { randomBytes } };
      const { bytes } = await fetched(await startBench(having(file)));
      const plain = gunzipSync(bytes);
      expect(plain).toHaveLength(randomBytes);
      const sha256 = createHash("sha256").update(plain).digest("hex");
      expect(sha256).toBe(fileSha256(7, machineId(0), PATH, file));
    },
  );

  it("of 3 GB begins at once and is not held in memory", async () => {
    const bench = await startBench(having({ content: { randomBytes: 3 * 2 ** 30 } }));
    const link = String((await linkOf(bench, [FETCH], 0)).at("value"));
    const stop = new AbortController();
    const response = await fetch(link, { signal: stop.signal });
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(3 * 2 ** 30);
    const first = await response.body?.getReader().read();
    expect(first?.value?.subarray(0, 2)).toEqual(new Uint8Array([0x1f, 0x8b]));
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(2 ** 28);
    stop.abort();
  });
});

async function statusLater(resultRetentionSeconds: number | null) {
  const bench = await startBench({ switches: { resultRetentionSeconds } });
  const id = idOf(await bench.submit(0));
  bench.clock.advanceSeconds(90 * 86_400);
  bench.simulator.actions();
  return (await askLink(bench, id, 0)).status;
}
