import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseScriptResult } from "../../shared/evidence/script-result.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = (text: string) => ({ text, truncated: false });

function parsed(value: unknown, after = "") {
  return parseScriptResult(bytes(`${JSON.stringify(value)}${after}`));
}

describe("a RunScript result", () => {
  it("says name, exit code, output and errors", () => {
    const result = {
      script_name: "minidump.ps1",
      exit_code: 0,
      script_output: "Transcript started\r\nDone\u0000\u0000\u0000",
      script_errors: "",
    };
    expect(parsed(result, "\0\0\0")).toEqual({
      kind: "read",
      scriptName: "minidump.ps1",
      exitCode: 0,
      output: whole("Transcript started\nDone"),
      errors: whole(""),
    });
  });

  it("says the same under its older names", () => {
    expect(parsed({ name: "a.ps1", exit_code: -1, script_error: "no" })).toEqual({
      kind: "read",
      scriptName: "a.ps1",
      exitCode: -1,
      output: null,
      errors: whole("no"),
    });
  });

  it.each([
    [{ exit_code: 3 }, { exitCode: 3, output: null, errors: null }],
    [{ script_output: "x" }, { exitCode: null, output: whole("x") }],
    [
      { exit_code: "0", script_output: 7 },
      { exitCode: null, output: null },
    ],
    [{ exit_code: 1.5 }, { exitCode: null }],
    [
      { exit_code: null, script_errors: null },
      { exitCode: null, errors: null },
    ],
  ])("may leave things out or write them wrongly: %j", (value, expected) => {
    expect(parsed(value)).toMatchObject({ kind: "read", ...expected });
  });

  it("is forgiven raw control characters inside its strings, and nothing else", () => {
    const raw = '{\n  "exit_code": 0,\n  "script_output": "a \\"quoted\\" line\nand\tone\\\\"\n}';
    expect(parseScriptResult(bytes(raw))).toMatchObject({
      exitCode: 0,
      output: whole('a "quoted" line\nand\tone\\'),
    });
    for (const wrong of ['{"exit_code": 0', '{"script_output": "C:\\x\n"}', "{exit_code: 0}"]) {
      expect(parseScriptResult(bytes(wrong)).kind).toBe("unreadable");
    }
  });

  it.each([
    ["with a mark of UTF-8", Buffer.from('\uFEFF{"exit_code":5}', "utf8")],
    ["in UTF-16", Buffer.from('\uFEFF{"exit_code":5}', "utf16le")],
  ])("is read %s", (_, file) => {
    expect(parseScriptResult(file)).toMatchObject({ kind: "read", exitCode: 5 });
  });

  it.each([
    ["nothing", ""],
    ["NULs", "\0\0\0"],
    ["a transcript", "Transcript started"],
    ["an array", "[]"],
    ["a number", "7"],
    ["null", "null"],
    ["other JSON", '{"name":"x"}'],
    ["inherited names only", '{"__proto__":{"exit_code":0}}'],
  ])("is unreadable, with the reason, if it is %s", (_, text) => {
    expect(parseScriptResult(bytes(text))).toEqual({
      kind: "unreadable",
      why: expect.stringMatching(/./),
    });
  });

  it("is not parsed beyond 4 MiB", () => {
    const fits = `{"exit_code":0,"x":"${"x".repeat(2 ** 22 - 22)}"}`;
    expect(parseScriptResult(bytes(fits)).kind).toBe("read");
    expect(parseScriptResult(bytes(`${fits} `))).toMatchObject({
      kind: "unreadable",
      why: "larger than 4194304 bytes",
    });
  });

  it("is read in its stride when all of its 4 MiB need mending", () => {
    for (const control of ["\n", "\u0001", "\u001f"]) {
      const raw = `{"exit_code":1,"script_output":"${control.repeat(2 ** 22 - 34)}"}`;
      expect(parseScriptResult(bytes(raw))).toMatchObject({
        exitCode: 1,
        output: { truncated: true, text: expect.stringMatching(/^(\n|\u2401|\u241f){4000}$/) },
      });
    }
  });

  it("gives no more output than the bound, and nothing a terminal would obey", () => {
    const texts = fc.string({ unit: "binary", maxLength: 6_000, size: "max" });
    fc.assert(
      fc.property(texts, (output) => {
        const result = parsed({ script_output: output });
        if (result.kind !== "read" || result.output === null) throw new Error(result.kind);
        expect(result.output.text.length).toBeLessThanOrEqual(4_000);
        expect(result.output.text.replaceAll(/[\n\t]/g, "")).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 50 },
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (file) => {
        expect(parseScriptResult(file).kind).toMatch(/^(read|unreadable)$/);
      }),
    );
  });
});
