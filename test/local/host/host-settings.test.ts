import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimeSpanMs, readHostSettings } from "../../../local/host/host-settings.ts";

const read = (json: unknown): ReturnType<typeof readHostSettings> =>
  readHostSettings(JSON.stringify(json));

describe("host.json", () => {
  it("of this project is valid, and says what its documentation says", () => {
    const text = readFileSync(new URL("../../../host.json", import.meta.url), "utf8");
    expect(readHostSettings(text)).toEqual({
      kind: "valid",
      settings: {
        routePrefix: "api",
        functionTimeoutMs: 300_000,
        queues: {
          batchSize: 16,
          newBatchThreshold: 8,
          maxPollingIntervalMs: 2000,
          visibilityTimeoutSeconds: 30,
          maxDequeueCount: 5,
          messageEncoding: "base64",
        },
      },
    });
  });

  it("with nothing but its version has the extension's defaults", () => {
    expect(read({ version: "2.0" })).toMatchObject({
      kind: "valid",
      settings: {
        routePrefix: "api",
        queues: { batchSize: 16, newBatchThreshold: 8, maxDequeueCount: 5 },
      },
    });
  });

  it("may have no prefix, no timeout, and keys that only Azure knows", () => {
    const json = {
      version: "2.0",
      functionTimeout: "-1",
      logging: { logLevel: { default: "Warning" } },
      extensions: { http: { routePrefix: "/" }, queues: { messageEncoding: "None" } },
    };
    expect(read(json)).toMatchObject({
      kind: "valid",
      settings: {
        routePrefix: "",
        functionTimeoutMs: null,
        queues: { messageEncoding: "none" },
      },
    });
  });

  it.each([
    [{}, "version"],
    [{ version: "2.0", functionTimeout: "5 minutes" }, "functionTimeout"],
    [{ version: "2.0", extensions: { queues: { batchSize: 33 } } }, "extensions.queues.batchSize"],
    [{ version: "2.0", extensions: { queues: { batchSize: 0 } } }, "extensions.queues.batchSize"],
    [
      { version: "2.0", extensions: { queues: { maxPollingInterval: "00:00:00.05" } } },
      "extensions.queues.maxPollingInterval",
    ],
    [
      { version: "2.0", extensions: { queues: { messageEncoding: "base32" } } },
      "extensions.queues.messageEncoding",
    ],
  ])("with a mistake is refused with the place of it: %j", (json, place) => {
    const reading = read(json);
    expect(reading.kind === "invalid" ? reading.problems.join() : "").toContain(`${place}: `);
  });

  it("tells every mistake at once", () => {
    const queues = { batchSize: 99, maxDequeueCount: 0 };
    const reading = read({ version: "1.0", extensions: { queues } });
    expect(reading).toMatchObject({ kind: "invalid" });
    expect(reading.kind === "invalid" && reading.problems).toHaveLength(3);
  });

  it("that is not JSON is refused, whatever it is, comments too", () => {
    expect(readHostSettings('{ "version": "2.0" } // comment')).toMatchObject({ kind: "invalid" });
    expect(readHostSettings("{ version: 2 }")).toMatchObject({ kind: "invalid" });
    expect(readHostSettings("")).toMatchObject({ kind: "invalid" });
  });
});

describe("a time span", () => {
  it("is the milliseconds of its days, hours, minutes, seconds and fraction", () => {
    const parts = fc.tuple(
      fc.nat({ max: 99 }),
      fc.nat({ max: 23 }),
      fc.nat({ max: 59 }),
      fc.nat({ max: 59 }),
      fc.nat({ max: 999 }),
    );
    fc.assert(
      fc.property(parts, ([days, hours, minutes, seconds, ms]) => {
        const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0"));
        const text = `${days}.${clock.join(":")}.${String(ms).padStart(3, "0")}`;
        const expected = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms;
        expect(parseTimeSpanMs(text)).toBe(expected);
      }),
    );
  });

  it.each(["", "10", "24:00:00", "00:60:00", "00:00:60", "-00:00:01", "0:0", "a:b:c"])(
    "is not %j",
    (text) => {
      expect(parseTimeSpanMs(text)).toBeNull();
    },
  );
});
