import { spawnSync } from "node:child_process";

/** Whether this machine lets a test have a disk of its own, which only root may mount. */
export function canMount(folder: string): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "lrq", folder]).status !== 0)
    return false;
  unmount(folder);
  return true;
}

/** A disk that has no room for more than 256 KiB. */
export function mountSmallDisk(folder: string): void {
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "lrq", folder]);
  if (status !== 0) throw new Error(`cannot mount a disk at ${folder}`);
}

export function unmount(folder: string): void {
  spawnSync("umount", [folder]);
}
