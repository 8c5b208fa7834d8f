import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeFileName } from "../../local/file-name.ts";

describe("safeFileName", () => {
  it.each([
    ["triage.zip.gz", "triage.zip.gz"],
    ["C:\\ProgramData\\lrq\\triage.zip", "triage.zip"],
    ["/etc/passwd", "passwd"],
    ["../../.ssh/authorized_keys", "authorized_keys"],
    ["..", "unnamed"],
    [".bashrc", "bashrc"],
    ["-rf", "rf"],
    ["a b;$(reboot)\n.txt", "a_b_reboot_.txt"],
    ["\u202egpj.exe", "_gpj.exe"],
    ["NUL.txt", "_NUL.txt"],
    ["", "unnamed"],
  ])("makes of %j the name %s", (text, name) => {
    expect(safeFileName(text)).toBe(name);
  });

  it("is never a path, hidden, an option, empty or long, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(safeFileName(text)).toMatch(/^\w[\w.-]{0,80}$/);
        expect(safeFileName(text)).not.toMatch(/\.$/);
      }),
    );
  });
});
