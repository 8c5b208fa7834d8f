import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder, type FolderLock } from "../../local/folder-lock.ts";

describe("the lock of a data folder", () => {
  let folder = "";
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "lrq-lock-")), "data");
  });
  afterEach(() => {
    rmSync(join(folder, ".."), { recursive: true, force: true });
  });

  const hold = (pid: number, parts: readonly number[]) => {
    writeFileSync(`${folder}.lock`, JSON.stringify({ pid, parts }));
  };

  it("is given back when it is released", async () => {
    const first = await taken(folder);
    first.release();
    const second = await taken(folder);
    expect(existsSync(`${folder}.lock`)).toBe(true);
    second.release();
    expect(existsSync(`${folder}.lock`)).toBe(false);
  });

  it("makes the folder around it for nobody else to look into", async () => {
    const around = join(folder, "..", ".lrq");
    const lock = await taken(join(around, "data"));
    expect(statSync(around).mode & 0o777).toBe(0o700);
    lock.release();
  });

  it.skipIf(process.platform === "win32")(
    "closes that folder if it was open to others, and leaves one of another name as it is",
    async () => {
      for (const [name, mode] of [
        [".lrq", 0o700],
        ["other", 0o755],
      ] as const) {
        const around = join(folder, "..", name);
        mkdirSync(around);
        chmodSync(around, 0o755);
        (await taken(join(around, "data"))).release();
        expect([name, statSync(around).mode & 0o777]).toEqual([name, mode]);
      }
    },
  );

  it("is refused while a process that lives has it, in words that help", async () => {
    hold(process.ppid, []);
    const locked = await lockFolder(folder);
    expect(locked.kind === "taken" ? locked.why : "").toMatch(
      new RegExp(`in use by process ${process.ppid}[^]*Ctrl-C[^]*data\\.lock`),
    );
  });

  it("is taken over from a process that is gone", async () => {
    hold(await goneProcess(), []);
    const lock = await taken(folder);
    expect(readFileSync(`${folder}.lock`, "utf8")).toContain(`"pid":${process.pid}`);
    lock.release();
  });

  it("waits until the parts of a killed stack have ended", async () => {
    const part = spawn(process.execPath, ["-e", "setTimeout(() => {}, 300)"]);
    const ended = new Promise((resolve) => {
      part.once("exit", resolve);
    });
    hold(await goneProcess(), [part.pid ?? 0]);
    const lock = await taken(folder);
    expect(part.exitCode ?? (await ended)).toBe(0);
    lock.release();
  });

  it("is taken over from a file that says nothing", async () => {
    writeFileSync(`${folder}.lock`, "");
    const lock = await taken(folder);
    expect(readFileSync(`${folder}.lock`, "utf8")).toContain(`"pid":${process.pid}`);
    lock.release();
  });
});

async function taken(folder: string): Promise<FolderLock> {
  const locked = await lockFolder(folder);
  if (locked.kind === "taken") throw new Error(locked.why);
  return locked.lock;
}

async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => {
    child.once("exit", resolve);
  });
  return child.pid ?? 0;
}
