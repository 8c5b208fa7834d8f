import { describe, expect, it } from "vitest";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { fillCommands } from "../../../shared/plan/command/fill.ts";
import { resolveValues } from "../../../shared/plan/profile/parameter.ts";
import type { Profile } from "../../../shared/plan/profile/profile-schema.ts";
import { profileWith } from "../shipped.ts";
import { posixWords, powerShellWords } from "../shells.ts";

const SEED = 1_000_003;
const STRINGS = 100_000;

/** What people have broken out of quotes with, and what quoting tends to forget. */
const PIECES = [
  "'",
  "''",
  "'''",
  '"',
  '""',
  "`",
  "``",
  "\\",
  "\\'",
  '\\"',
  "'\\''",
  "\u2018",
  "\u2019",
  "\u201a",
  "\u201b",
  "\u201c",
  "\u201d",
  "\u02bc",
  "\uff07",
  "\u2032",
  " ",
  "  ",
  "\t",
  "\n",
  "\r\n",
  "\u0000",
  "\u001b[2J",
  "\u0085",
  "\u00a0",
  "\u2028",
  "\u2029",
  "\u200b",
  "\ufeff",
  "\u202e",
  ";",
  "; net user x /add",
  "&",
  "&&",
  "|",
  "||",
  "$",
  "$(calc)",
  "${IFS}",
  "$env:TEMP",
  "`calc`",
  "@(",
  "@'",
  "'@",
  '@"\n',
  "#",
  "--%",
  "--",
  "-",
  "\u2013",
  "\u2014",
  "\u2015x",
  "-EncodedCommand ZQB4AGkAdAA=",
  "-Command",
  "{",
  "}",
  "{{a}}",
  "{{b}}",
  "(",
  ")",
  "[",
  "]",
  "*",
  "?",
  "~",
  "!",
  "!!",
  "^",
  "%PATH%",
  "<",
  ">",
  "2>&1",
  "\ud83d\ude00",
  "e\u0301",
  "\ud800",
  "\udc00",
  "a",
  "B",
  "7",
  "/",
  "..",
  "=",
  ",",
  ":",
  "C:\\Users\\j'doe\\x.txt",
] as const;

/** So many strings, the same ones every time; each of up to a dozen pieces or random characters. */
function* hostileStrings(count: number): Generator<string> {
  const random = createSeededRandom(SEED);
  const upTo = (most: number) => Math.floor(random.fraction() * (most + 1));
  for (let made = 0; made < count; made += 1) {
    let text = "";
    for (let left = upTo(12); left > 0; left -= 1) {
      const isPiece = random.fraction() < 0.8;
      text += isPiece ? PIECES[upTo(PIECES.length - 1)] : String.fromCharCode(upTo(0xffff));
    }
    yield text;
  }
}

const parameters = {
  a: { description: "As it is.", maxLength: 256 },
  b: { description: "Encoded.", maxLength: 256, encoding: "base64url" },
};

interface Shell {
  readonly profile: Profile;
  readonly words: (args: string) => string[];
  /** What the script finds in its arguments for two values. */
  readonly received: (a: string, b: string) => string[];
}

const SHELLS: Readonly<Record<string, Shell>> = {
  PowerShell: {
    profile: profileWith({ parameters, commands: [runs("-A {{a}} -A2:{{a}} -B {{b}} -Quiet")] }),
    words: powerShellWords,
    received: (a, b) => ["-A", a, `-A2:${a}`, "-B", b, "-Quiet"],
  },
  "a POSIX shell": {
    profile: profileWith({
      parameters,
      commands: [runs("--a={{a}} {{a}} -b {{b}} --quiet")],
      platforms: ["linux", "macos"],
      shell: "posix",
    }),
    words: posixWords,
    received: (a, b) => [`--a=${a}`, a, "-b", b, "--quiet"],
  },
};

describe(`of ${STRINGS} hostile strings`, () => {
  it.each(Object.entries(SHELLS))(
    "%s hands each to the script as it was sent, or none",
    (_, shell) => {
      const wrong: string[] = [];
      let [arrived, refused] = [0, 0];
      for (const text of hostileStrings(STRINGS)) {
        const args = argsFor(shell.profile, { a: text, b: "" });
        if (args === null) refused += 1;
        else arrived += 1;
        if (args !== null && !isReceived(shell, args, text, "")) wrong.push(text);
      }
      expect(wrong).toEqual([]);
      expect(Math.min(arrived, refused)).toBeGreaterThan(STRINGS / 10);
    },
  );

  it.each(Object.entries(SHELLS))(
    "%s hands each to the script that asks for base64url",
    (_, shell) => {
      const wrong: string[] = [];
      for (const text of hostileStrings(STRINGS)) {
        const args = argsFor(shell.profile, { a: "a", b: text });
        const encoded = Buffer.from(text, "utf8").toString("base64url");
        const arrives = args !== null && isReceived(shell, args, "a", encoded);
        const whole = Buffer.from(encoded, "base64url").toString("utf8") === text;
        // Half of a surrogate pair has no bytes, so it is refused rather than changed on its way.
        if (args === null ? whole : !arrives || !whole) wrong.push(text);
      }
      expect(wrong).toEqual([]);
    },
  );
});

function isReceived({ words, received }: Shell, args: string, a: string, b: string): boolean {
  const read = words(args);
  const meant = received(a, b);
  return read.length === meant.length && read.every((word, index) => word === meant[index]);
}

/** The arguments as they go to Defender; null if a value is refused. */
function argsFor(profile: Profile, values: Readonly<Record<string, string>>): string | null {
  const resolved = resolveValues(profile.parameters, values);
  if (resolved.kind === "invalid") return null;
  const filled = fillCommands(profile, resolved.values);
  const [command] = filled.kind === "parsed" ? filled.value : [];
  return command?.type === "RunScript" ? command.args : null;
}

function runs(args: string): object {
  return { type: "RunScript", scriptName: "a.ps1", args };
}
