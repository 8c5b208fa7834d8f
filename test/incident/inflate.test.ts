import { brotliCompressSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inflate } from "../../shared/incident/inflate.ts";
import { MAX_BODY_BYTES } from "../../shared/incident/read-body.ts";

const BODY = new TextEncoder().encode('{"a":1}');

describe("a body's encoding", () => {
  it.each([
    ["gzip", gzipSync(BODY)],
    ["x-gzip", gzipSync(BODY)],
    [" GZIP ", gzipSync(BODY)],
    ["identity", BODY],
    ["", BODY],
    [null, BODY],
  ])("%j is taken", (encoding, sent) => {
    const inflated = inflate(sent, encoding);
    expect(inflated.kind === "inflated" && [...inflated.body]).toEqual([...BODY]);
  });

  it.each(["br", "deflate", "zstd", "gzip, gzip", "constructor"])(
    "%s is refused, and what to change is said",
    (encoding) => {
      expect(inflate(brotliCompressSync(BODY), encoding)).toEqual({
        kind: "otherEncoding",
        detail: expect.stringContaining("Content-Encoding: gzip"),
      });
    },
  );

  it("is bounded by what is unpacked, and by what is sent", () => {
    const most = new Uint8Array(MAX_BODY_BYTES);
    expect(inflate(gzipSync(most), "gzip").kind).toBe("inflated");
    const bomb = gzipSync(new Uint8Array(MAX_BODY_BYTES + 1));
    expect(bomb.length).toBeLessThan(10_000);
    expect(inflate(bomb, "gzip").kind).toBe("tooLarge");
    expect(inflate(new Uint8Array(MAX_BODY_BYTES + 1), "gzip").kind).toBe("tooLarge");
  });

  it("never throws, whatever is said to be gzip", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(["inflated", "broken"]).toContain(inflate(body, "gzip").kind);
      }),
    );
    expect(inflate(BODY, "gzip").kind).toBe("broken");
    expect(inflate(gzipSync(BODY).subarray(0, -4), "gzip").kind).toBe("broken");
  });
});
