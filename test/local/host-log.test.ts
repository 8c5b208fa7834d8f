import { describe, expect, it } from "vitest";
import { paintFor } from "../../local/colours.ts";
import { createLogReader } from "../../local/host-log.ts";

const AT = "2026-11-21T18:56:26.847Z";

function decision(fields: object, level = "information", at = AT): string {
  return `${at} ${level} pollActions ${JSON.stringify(fields)}`;
}

function at(second: number): string {
  return new Date(Date.parse(AT) + second * 1_000).toISOString();
}

function reader(): (line: string) => string | null {
  return createLogReader(paintFor(false));
}

describe("the console's view of the host's log", () => {
  it("makes one compact line of a decision", () => {
    const line = decision({ event: "submitted", sequenceId: "r.s", attempt: 1, came: "accepted" });
    expect(reader()(line)).toBe("18:56:26  submitted    sequenceId r.s, attempt 1, came accepted");
  });

  it("tells a sequence's move once for each state", () => {
    const read = reader();
    const moved = (sequenceId: string, state: string) =>
      read(decision({ event: "moved", sequenceId, state }));
    expect(moved("r.a", "submitted")).not.toBeNull();
    expect(moved("r.a", "submitted")).toBeNull();
    expect(moved("r.b", "submitted")).not.toBeNull();
    expect(moved("r.a", "succeeded")).not.toBeNull();
  });

  it("leaves out what only says that everything goes on", () => {
    const read = reader();
    expect(read(decision({ event: "drained", submitted: 0, ended: "nothing" }))).toBeNull();
    expect(read(`${AT} information health served`)).toBeNull();
    expect(read('function health {"type":"http"}')).toBeNull();
    expect(read("the Functions host stops: SIGTERM")).toBeNull();
  });

  it("shows errors without their stacks", () => {
    const read = reader();
    expect(read(`${AT} error pollActions failed: Error: no storage`)).toBe(
      "18:56:26  error        pollActions failed: Error: no storage",
    );
    expect(read("    at poll (poll.ts:12:3)")).toBeNull();
    expect(read("}")).toBeNull();
  });

  it("shows the words of a process that it does not know", () => {
    expect(reader()("unhandled: Error: oops")).toBe("unhandled: Error: oops");
  });

  it("tells the same trouble again after a minute, and how often it was", () => {
    const read = reader();
    const trouble = (second: number) =>
      read(decision({ event: "listFailed", came: "unavailable" }, "warning", at(second)));
    expect(trouble(0)).toBe("18:56:26  listFailed   came unavailable");
    expect(trouble(1)).toBeNull();
    expect(trouble(30)).toBeNull();
    expect(trouble(61)).toBe("18:57:27  listFailed   came unavailable (3 times)");
    expect(trouble(62)).toBeNull();
  });
});
