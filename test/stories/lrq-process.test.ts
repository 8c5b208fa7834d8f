import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const LRQ = join(import.meta.dirname, "../../dist/local/lrq.mjs");
const empty = mkdtempSync(join(tmpdir(), "lrq-story-"));
afterAll(() => rmSync(empty, { recursive: true }));

/** Runs the built command; `leaves` closes its output before anything is written. */
async function run(words: readonly string[], leaves: boolean) {
  const child = spawn(process.execPath, [LRQ, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (piece: Buffer) => errors.push(piece.toString()));
  if (leaves) child.stdout.destroy();
  else child.stdout.resume();
  const [exitCode] = await once(child, "close");
  return { exitCode: Number(exitCode), errors: errors.join("") };
}

describe("the command lrq", () => {
  it("says by its exit code what it found, even if nobody reads to the end", async () => {
    const heard = await run(["verify", empty], false);
    const left = await run(["verify", empty], true);
    expect(heard.exitCode).toBe(1);
    expect(left).toEqual(heard);
    expect(left.errors).not.toContain("EPIPE");
  });
});
