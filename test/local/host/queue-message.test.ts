import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "../../../local/host/queue-message.ts";
import { poisonQueueOf } from "../../../local/host/queue-storage.ts";

describe("the text of a queue message", () => {
  it("gives back in base64 any bytes that were put in", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodeMessage(bytes, "base64");
        expect(decodeMessage(text, "base64")).toEqual({
          kind: "decoded",
          bytes: Buffer.from(bytes),
        });
      }),
    );
  });

  it("stands for itself without an encoding", () => {
    const bytes = Buffer.from("héllo");
    expect(encodeMessage(bytes, "none")).toBe("héllo");
    expect(decodeMessage("héllo", "none")).toEqual({ kind: "decoded", bytes });
  });

  it.each(["{}", "abc", "ab=c", "====a", "a b!"])("is not base64 when it is %j", (text) => {
    expect(decodeMessage(text, "base64")).toEqual({ kind: "undecodable" });
  });

  it("may have white space in its base64", () => {
    expect(decodeMessage("aGk\r\n=", "base64")).toEqual({
      kind: "decoded",
      bytes: Buffer.from("hi"),
    });
  });
});

describe("the poison queue", () => {
  it("is named after its queue, but for poison queues and names that would be too long", () => {
    expect(poisonQueueOf("work")).toBe("work-poison");
    expect(poisonQueueOf("work-poison")).toBeNull();
    expect(poisonQueueOf("w".repeat(56))).toHaveLength(63);
    expect(poisonQueueOf("w".repeat(57))).toBeNull();
  });
});
