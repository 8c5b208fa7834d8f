import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileTrouble } from "../../../../local/lrq/command/file-trouble.ts";
import { saveResults } from "../../../../local/lrq/record/save-results.ts";
import type { Stored } from "../../../../local/lrq/record/stored.ts";
import { RUN_ID } from "../../../ledger/a-sequence.ts";
import { canMount, mountSmallDisk, unmount } from "../../../library/small-disk.ts";
import { temporaryFolder } from "../exporting.ts";

const probe = mkdtempSync(join(tmpdir(), "lrq-mount-"));
const CAN_MOUNT = canMount(probe);
rmSync(probe, { recursive: true });

/** Results of machines with these names, each served under this name. */
function results(...served: readonly (readonly [machine: string, name: string])[]): Stored[] {
  return served.map(([machineName, servedName], index) => ({
    runId: RUN_ID,
    sequenceId: `${RUN_ID}.000000000000`,
    index,
    machineId: machineName,
    machineName,
    type: "GetFile",
    servedName,
    size: 5,
    sha256: "",
    path: `path-${index}`,
  }));
}

const sha256 = (text: Uint8Array) => createHash("sha256").update(text).digest("hex");

/** Saves them, with these bytes for each. */
async function saved(of: readonly Stored[], folder: string, bytes = Buffer.from("bytes")) {
  const hashes = new Map(of.map(({ path }) => [path, sha256(Buffer.from(bytes))]));
  async function* content() {
    for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
  }
  const fetching = { results: of, folder, hashes, note: () => undefined };
  return await saveResults(fetching, { open: () => Promise.resolve(content()) });
}

async function* forged() {
  yield Buffer.from("forged");
}

const below = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted();

describe("evidence that is fetched", () => {
  it("gets the names that were served, made safe for every file system", async () => {
    const folder = temporaryFolder();
    const of = results(
      ["pc-1", "C:\\Windows\\triage.zip.gz"],
      ["pc-1", "TRIAGE.zip.gz"],
      ["pc-1", "NUL.txt"],
      ["../pc-2", "../../.ssh/keys"],
      ["pc-2", "keys"],
    );
    await saved(of, folder);
    expect(below(folder)).toEqual(
      ["pc-1/triage.zip.gz", "pc-1/TRIAGE-2.zip.gz", "pc-1/_NUL.txt", "pc-2/keys", "pc-2-2/keys"]
        .map((path) => join(...path.split("/")))
        .toSorted(),
    );
  });

  it("lies below its run if that is asked for, whatever the run is called", async () => {
    const folder = temporaryFolder();
    const of = results(["pc-1", "a.txt"], ["pc-1", "a.txt"], ["pc-1", "a.txt"]);
    const runs = ["generic-v1.2", "generic-v1.2", "../../ticket-7"];
    await saved(
      of.map((each, at) => Object.assign(each, { below: runs[at] ?? "" })),
      folder,
    );
    const paths = ["generic-v1.2/a.txt", "generic-v1.2/a-2.txt", "ticket-7/a.txt"];
    const expected = paths.map((path) => join("pc-1", ...path.split("/")));
    expect(below(folder)).toEqual(expected.toSorted());
  });

  it("is not kept if it has another hash than the manifest says, and lies in no one's way", async () => {
    const folder = temporaryFolder();
    const [first] = results(["pc-1", "a"]);
    if (first === undefined) throw new Error("there is one");
    const fetching = {
      results: [first],
      folder,
      hashes: new Map([[first.path, "0".repeat(64)]]),
      note: () => undefined,
    };
    const saving = saveResults(fetching, { open: () => Promise.resolve(forged()) });
    await expect(saving).rejects.toThrow(/the manifest says 0000/);
    expect(below(folder)).toEqual([]);
  });

  it("leaves alone what is there, if it is something else", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "pc-1"));
    writeFileSync(join(folder, "pc-1", "a"), "mine");
    await expect(saved(results(["pc-1", "a"]), folder)).rejects.toThrow("overwrites nothing");
    expect(readFileSync(join(folder, "pc-1", "a"), "utf8")).toBe("mine");
  });

  it.runIf(CAN_MOUNT)("leaves nothing half-written on a full disk, and says so", async () => {
    const folder = temporaryFolder();
    mountSmallDisk(folder);
    try {
      const full: unknown = await saved(
        results(["pc-1", "a"]),
        folder,
        Buffer.alloc(2 ** 20),
      ).catch((error: unknown) => error);
      expect(fileTrouble(full)?.message).toMatch(/^The disk is full/);
      expect(below(folder)).toEqual([]);
      expect(existsSync(join(folder, "pc-1", "a"))).toBe(false);
    } finally {
      unmount(folder);
    }
  });
});
