import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../../local/defender-simulator/options.ts";
import { codeOf, command, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

function upload({ call }: Bench, fileName: string, content: string | Buffer, more = {}) {
  const form = new FormData();
  form.set("file", new Blob([content]), fileName);
  for (const [name, value] of Object.entries(more)) form.set(name, String(value));
  return call("POST", "/api/libraryfiles", form);
}

async function names({ call }: Bench) {
  const value = (await call("GET", "/api/libraryfiles")).at("value");
  return Array.isArray(value) ? value.map(({ fileName }) => fileName) : value;
}

describe("the library", () => {
  it("lists what it was given, with hashes", async () => {
    const { call } = await startBench();
    const files = await call("GET", "/api/libraryfiles");
    expect(files.at("value", 0)).toMatchObject({
      fileName: "run.ps1",
      sha256: "acba25512100f80b56fc3ccd14c65be55d94800cda77585c5f41a887e398f9be",
      description: null,
      hasParameters: false,
    });
  });

  it("takes a file that can then be run, and gives it up again", async () => {
    const bench = await startBench();
    const fields = { Description: "about", HasParameters: "true", ParametersDescription: "p" };
    const reply = await upload(bench, "new.ps1", "\r\nGet-Process\r\n", fields);
    expect(reply.status).toBe(200);
    expect(reply.at("description")).toBe("about");
    expect(reply.at("hasParameters")).toBe(true);
    await bench.submit(0, [command("RunScript", { ScriptName: "new.ps1" })]);
    bench.clock.advanceSeconds(400);
    expect(bench.simulator.actions()[0]?.status).toBe("Succeeded");
    expect((await bench.call("DELETE", "/api/libraryfiles/new.ps1")).status).toBe(204);
    expect((await bench.call("DELETE", "/api/libraryfiles/new.ps1")).status).toBe(404);
    expect(await names(bench)).toEqual(["run.ps1", "tools.zip"]);
  });

  it("keeps the first file of a name unless told to override", async () => {
    const bench = await startBench();
    const refused = await upload(bench, "run.ps1", "other");
    expect(refused.status).toBe(400);
    expect(refused.at("error", "message")).toContain("already exists");
    const taken = await upload(bench, "run.ps1", "other", { OverrideIfExists: "true" });
    expect(taken.at("sha256")).toBe(
      "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa",
    );
  });

  it("takes 20 MB and not a byte more", async () => {
    const bench = await startBench();
    const most = Buffer.alloc(20 * 1_048_576);
    expect((await upload(bench, "most.bin", most)).status).toBe(200);
    const over = await upload(bench, "over.bin", Buffer.concat([most, Buffer.alloc(1)]));
    expect([over.status, codeOf(over)]).toEqual([400, "InvalidInput"]);
  });

  it("takes 250 MB in all, and more only in the place of something", async () => {
    const { libraryBytes } = DEFAULT_LIMITS;
    expect(libraryBytes).toBe(250 * 1_048_576);
    const bench = await startBench({ limits: { libraryBytes: 10 } });
    expect((await upload(bench, "a.bin", "12")).status).toBe(200);
    const full = await upload(bench, "b.bin", "1");
    expect([full.status, codeOf(full)]).toEqual([400, "InvalidInput"]);
    const override = { OverrideIfExists: "true" };
    expect((await upload(bench, "tools.zip", "12345", override)).status).toBe(200);
    expect((await upload(bench, "tools.zip", "123456", override)).status).toBe(400);
  });

  it("takes 100 calls a minute and 1,500 an hour of each kind", async () => {
    const bench = await startBench();
    const ask = async () => (await bench.call("GET", "/api/libraryfiles")).status;
    for (let call = 0; call < 100; call += 1) expect(await ask()).toBe(200);
    expect(await ask()).toBe(429);
    expect((await upload(bench, "a.sh", "a")).status).toBe(200);
    for (let minute = 0; minute < 14; minute += 1) {
      bench.clock.advanceSeconds(60);
      for (let call = 0; call < 100; call += 1) await ask();
    }
    bench.clock.advanceSeconds(60);
    expect(await ask()).toBe(429);
    bench.clock.advanceSeconds(3_600);
    expect(await ask()).toBe(200);
  });

  it("refuses names with other characters, and forms without a file", async () => {
    const bench = await startBench();
    expect((await upload(bench, "my script.ps1", "x")).status).toBe(400);
    const form = new FormData();
    form.set("FileContent", "x");
    expect((await bench.call("POST", "/api/libraryfiles", form)).status).toBe(400);
    const broken = await bench.call("POST", "/api/libraryfiles", "--b\r\nnothing", {
      "Content-Type": "multipart/form-data; boundary=b",
    });
    expect(broken.status).toBe(400);
  });
});
