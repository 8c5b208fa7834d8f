import { describe, expect, it } from "vitest";
import { dotnetTime } from "../../../local/host/dotnet-time.ts";
import { headerBytesIn } from "../../../local/host/worker-arguments.ts";

describe("the arguments of the worker", () => {
  it.each([
    ["--max-http-header-size=65536", 65_536],
    ["--inspect=0 --max-http-header-size=20000 --trace-warnings", 20_000],
    ["--max-http-header-size=", null],
    ["--no-max-http-header-size=65536", null],
    ["", null],
    [undefined, null],
  ])("%j let the library take %j bytes of headers", (text, bytes) => {
    expect(headerBytesIn(text)).toBe(bytes);
  });
});

describe("an instant of .NET", () => {
  it.each([
    ["2026-11-28T04:12:43.000Z", "2026-11-28T04:12:43+00:00"],
    ["2026-11-28T04:10:00.000Z", "2026-11-28T04:10:00+00:00"],
    ["2026-11-28T04:12:43.120Z", "2026-11-28T04:12:43.12+00:00"],
  ])("%s is %s", (iso, text) => {
    expect(dotnetTime(Date.parse(iso))).toBe(text);
  });
});
