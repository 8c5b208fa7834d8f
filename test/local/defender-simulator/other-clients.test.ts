import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { codeOf, GET, idOf, machineId, machines, RUN, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

/** What a .NET client sends: names without quotes where that is allowed, and `filename*`. */
function dotnetForm(boundary: string, content: string): string {
  return [
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "Content-Disposition: form-data; name=Description",
    "",
    "about",
    `--${boundary}`,
    "Content-Disposition: form-data; name=file; filename=new.ps1; filename*=utf-8''new.ps1",
    "",
    content,
    `--${boundary}--`,
    "",
  ].join("\r\n");
}

async function idsFound({ call }: Bench, path: string) {
  const reply = await call("GET", `/api/machines/${path}`);
  const value = reply.at("value");
  return Array.isArray(value) ? value.map(({ id }) => id) : [reply.status, codeOf(reply)];
}

describe("a client that somebody else wrote", () => {
  it.each(["----7c2f11", '"7c2f-11"'])(
    "may send a form as .NET does, with boundary=%s",
    async (boundary) => {
      const bench = await startBench();
      const content = "Content-Disposition: form-data; name=kept\r\n\r\nöü";
      const form = dotnetForm(boundary.replaceAll('"', ""), content);
      const headers = { "Content-Type": `multipart/form-data; boundary=${boundary}` };
      const reply = await bench.call("POST", "/api/libraryfiles", form, headers);
      expect([reply.at("fileName"), reply.at("description")]).toEqual(["new.ps1", "about"]);
      const bytes = new TextEncoder().encode(content);
      const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
      expect(reply.at("sha256")).toBe(hash);
    },
  );

  it("may send a large form as curl does, with Expect: 100-continue", async () => {
    const bench = await startBench();
    const folder = mkdtempSync(join(tmpdir(), "lrq-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "tools-2.zip");
    const content = Buffer.alloc(5 * 1_048_576, "--x\r\n");
    writeFileSync(path, content);
    const url = `${bench.simulator.url}/api/libraryfiles`;
    const fields = ["-F", `file=@${path}`, "-F", "Description=about", "-F", "HasParameters=false"];
    const { stdout } = await promisify(execFile)("curl", ["-sS", ...fields, url]);
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(JSON.parse(stdout)).toMatchObject({
      fileName: "tools-2.zip",
      description: "about",
      sha256,
    });
    const again = await promisify(execFile)("curl", ["-sS", ...fields, url]);
    expect(again.stdout).toContain("already exists");
  });

  it("finds machines by an address and a time at which they were there", async () => {
    const given = { lastSeen: "2026-11-01T12:00:00Z" };
    const bench = await startBench({ machines: [...machines(1), machines(2, given)[1]!] });
    const address = async (id: string) =>
      String((await bench.call("GET", `/api/machines/${id}`)).at("lastIpAddress"));
    const [there, gone] = [await address(machineId(0)), await address(machineId(1))];
    const at = (ip: string, time: string) =>
      idsFound(bench, `findbyip(ip='${ip}',timestamp=${time})`);
    expect(await at(there, "2026-11-21T08:00:00Z")).toEqual([machineId(0)]);
    expect(await at(gone, "2026-11-01T12:15:00Z")).toEqual([machineId(1)]);
    expect(await at(gone, "2026-11-01T12:15:01Z")).toEqual([]);
    expect(await at("192.0.2.1", "2026-11-21T08:00:00Z")).toEqual([]);
    const encoded = encodeURIComponent("2026-11-21T08:00:00Z");
    const path = `FindByIp%28ip%3D%27${there}%27%2Ctimestamp%3D${encoded}%29`;
    expect(await idsFound(bench, path)).toEqual([machineId(0)]);
  });

  it.each([
    ["findbyip(ip='10.0.0.1',timestamp=2026-10-22T07:59:59Z)", "InvalidInput"],
    ["findbyip(ip='10.0.0.1',timestamp=2026-11-21T09:00:00Z)", "InvalidInput"],
    ["findbyip(ip='10.0.0.1',timestamp=soon)", "InvalidInput"],
    ["findbyip(ip='10.0.0',timestamp=2026-11-21T08:00:00Z)", "InvalidIpAddress"],
    ["findbyip(ip='10.0.0.1')", "MissingRequiredParameter"],
    ["findbyip", "MissingRequiredParameter"],
    ["findbytag()", "MissingRequiredParameter"],
  ])("is told what is wrong with %s", async (path, code) => {
    expect(await idsFound(await startBench(), path)).toEqual([400, code]);
  });

  it("may encode the parentheses of a result link's route", async () => {
    const bench = await startBench();
    const id = idOf(await bench.submit(0, [RUN, GET]));
    bench.clock.advanceSeconds(400);
    const path = `/api/machineactions/${id}/GetLiveResponseResultDownloadLink%28index%3D0%29`;
    expect((await bench.call("GET", path)).status).toBe(200);
  });

  it.each([
    "https://securitycenter.windows.com",
    "https://api.securitycenter.windows.com",
    "https://securitycenter.onmicrosoft.com/windowsatpservice",
  ])("may hold a token for the older name %s", async (audience) => {
    const token = { required: true, accepted: [{ token: "older", audience }] };
    const { call } = await startBench({ token });
    const headers = { Authorization: "Bearer older" };
    expect((await call("GET", "/api/machines", undefined, headers)).status).toBe(200);
  });

  it("cancels what a list has shown, though GET by id does not know it yet", async () => {
    const bench = await startBench({ switches: { visibleAfterSeconds: [5, 5] } });
    const id = idOf(await bench.submit(0));
    expect((await bench.call("GET", "/api/machineactions")).at("value", 0, "id")).toBe(id);
    expect((await bench.call("GET", `/api/machineactions/${id}`)).status).toBe(404);
    const cancelled = await bench.call("POST", `/api/machineactions/${id}/cancel`, {});
    expect([cancelled.status, cancelled.at("status")]).toEqual([200, "Cancelled"]);
  });

  it("cannot cancel what neither the list nor GET by id knows yet", async () => {
    const late = { visibleAfterSeconds: [5, 5], listedAfterSeconds: [5, 5] } as const;
    const bench = await startBench({ switches: late });
    const id = idOf(await bench.submit(0));
    expect((await bench.call("POST", `/api/machineactions/${id}/cancel`, {})).status).toBe(404);
  });

  it.each([
    ["GET", ""],
    ["POST", "/runliveresponse"],
    ["POST", "/isolate"],
    ["GET", "/alerts"],
  ])("asks for %s machines/{id}%s of an unknown machine and gets its 404", async (method, rest) => {
    const { call } = await startBench();
    const unknown = machineId(4_711);
    const body = method === "GET" ? undefined : { Commands: [RUN], Comment: "a test" };
    const reply = await call(method, `/api/machines/${unknown}${rest}`, body);
    expect([reply.status, codeOf(reply)]).toEqual([404, "ResourceNotFound"]);
    expect(reply.at("error", "message")).toBe(`Machine ${unknown} was not found`);
    expect(reply.at("error", "target")).toMatch(/^[0-9a-f-]{36}$/);
    const known = await call(method, `/api/machines/${machineId(1)}/nothing`, body);
    expect([known.status, codeOf(known)]).toEqual([404, "NotFound"]);
  });
});
