import { spawnSync } from "node:child_process";
import { expect } from "vitest";

/** Waits until the process has ended. One that nobody has waited for is still listed, as a Z. */
export async function hasEnded(id: string): Promise<void> {
  const state = () => spawnSync("ps", ["-o", "stat=", "-p", id], { encoding: "utf8" }).stdout;
  await expect.poll(state).toMatch(/^(?:Z.*\n)?$/);
}
