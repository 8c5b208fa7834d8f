import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../../shared/plan/command/command.ts";
import { fillCommands } from "../../../shared/plan/command/fill.ts";
import type { Profile } from "../../../shared/plan/profile/profile-schema.ts";
import { quoteFor, refusedInArguments } from "../../../shared/plan/command/quoting.ts";
import { posixWords, powerShellWords } from "../shells.ts";
import { shippedCatalogue, profileWith } from "../shipped.ts";

/** Text without what is refused, rich in what quoting must get right. */
const sendable = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(
        "'",
        "\u2018",
        "\u2019",
        "\u201a",
        "\u201b",
        '"',
        "\\",
        "`",
        "{",
        "}",
        " ",
        "-",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 30,
  })
  .filter((text) => refusedInArguments(text) === null);

describe("quoting", () => {
  it("for PowerShell gives one word that reads as what was sent", () => {
    fc.assert(
      fc.property(sendable, (value) => {
        expect(powerShellWords(quoteFor("powershell", value))).toEqual([value]);
      }),
    );
  });

  it("for a POSIX shell gives one word that reads as what was sent", () => {
    fc.assert(
      fc.property(sendable, (value) => {
        expect(posixWords(quoteFor("posix", value))).toEqual([value]);
      }),
    );
  });

  it("doubles the typographic quotes PowerShell takes for single ones", () => {
    expect(quoteFor("powershell", "it’s 'so'")).toBe("'it’’s ''so'''");
    expect(quoteFor("posix", "it's ’so’")).toBe(String.raw`'it'\''s ’so’'`);
  });
});

describe("script arguments", () => {
  const parameters = {
    a: { description: "A.", maxLength: 256 },
    b: { description: "B.", maxLength: 256 },
  };
  const windows = profileWith({ parameters, commands: [runs("-A {{a}} -B:{{b}}")] });
  const unix = profileWith({
    parameters,
    commands: [runs("--a={{a}} {{b}}")],
    platforms: ["linux", "macos"],
    shell: "posix",
  });

  it("reach the script as they were sent, in either shell", () => {
    fc.assert(
      fc.property(sendable, sendable, (a, b) => {
        expect(powerShellWords(argsOf(windows, { a, b }))).toEqual(["-A", a, `-B:${b}`]);
        expect(posixWords(argsOf(unix, { a, b }))).toEqual([`--a=${a}`, b]);
      }),
    );
  });

  it.each([";", "&", "|", "!", "$", "(", ")", "\n", "\r", "\u2028", "\u0000", "\u0085", "\ud800"])(
    "are refused with %j, and the way out is named",
    (character) => {
      const filled = fillCommands(windows, { a: `x${character}y`, b: "" });
      expect(filled).toEqual({
        kind: "invalid",
        problems: [{ path: "parameters.a", message: expect.stringContaining("base64url") }],
      });
      expect(JSON.stringify(filled)).not.toContain("\n");
    },
  );

  it("encoded as base64url carry any text in letters, digits, - and _", () => {
    const encoded = profileWith({
      parameters: { a: { description: "A.", maxLength: 256, encoding: "base64url" } },
      commands: [runs("-A {{a}}")],
    });
    const whole = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(whole, (a) => {
        const args = argsOf(encoded, { a });
        expect(args).toMatch(/^-A '[A-Za-z0-9_-]*'$/);
        expect(Buffer.from(args.slice(4, -1), "base64url").toString("utf8")).toBe(a);
      }),
    );
  });

  it("are left out when they are one parameter left empty, never sent empty", () => {
    const profile = shippedCatalogue().get("run-script")?.profile;
    const filled = profile && fillCommands(profile, { script: "a.ps1", arguments: "" });
    expect(filled).toEqual({
      kind: "parsed",
      value: [{ type: "RunScript", scriptName: "a.ps1", args: null }],
    });
  });

  it("are never read again as a template", () => {
    expect(argsOf(windows, { a: "{{b}}", b: "x" })).toBe("-A '{{b}}' -B:'x'");
  });
});

describe("a path to fetch", () => {
  const profile = profileWith({
    parameters: { a: { description: "A.", maxLength: 256, pattern: "(?s).*" } },
    commands: [{ type: "GetFile", path: String.raw`C:\Users\{{a}}\note.txt` }],
  });

  it("takes the value as it is", () => {
    expect(fillCommands(profile, { a: "j'doe" })).toEqual({
      kind: "parsed",
      value: [{ type: "GetFile", path: String.raw`C:\Users\j'doe\note.txt` }],
    });
  });

  it.each(["..", String.raw`a\..\b`, "a/../b", "..  ", "*", "a?", 'a"b', "a\nb", "a|b", "a\u0000"])(
    "is refused with %j",
    (a) => {
      expect(fillCommands(profile, { a })).toMatchObject({
        kind: "invalid",
        problems: [{ path: "parameters.a" }],
      });
    },
  );
});

describe("a library file's name", () => {
  const profile = profileWith({
    parameters: { a: { description: "A.", maxLength: 256, pattern: "(?s).*" } },
    pinned: false,
    commands: [{ type: "RunScript", scriptName: "{{a}}.ps1" }],
  });

  it.each(["../a", "a b", "-a", ".a", String.raw`a\b`, "a;b", "ä"])("is refused with %j", (a) => {
    expect(fillCommands(profile, { a }).kind).toBe("invalid");
  });
});

function runs(args: string): Command {
  return { type: "RunScript", scriptName: "a.ps1", args };
}

function argsOf(profile: Profile, values: Readonly<Record<string, string>>): string {
  const filled = fillCommands(profile, values);
  const [command] = filled.kind === "parsed" ? filled.value : [];
  return command?.type === "RunScript" ? (command.args ?? "") : "";
}
