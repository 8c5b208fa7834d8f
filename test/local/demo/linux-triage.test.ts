import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { castFor } from "../../../local/demo/cast.ts";
import { linuxTriage } from "../../../local/demo/linux-triage.ts";
import { digest } from "../../library/opened.ts";

const ARCHIVE = "/tmp/lrq-triage.tar.gz";

it("the demo's Linux machine has what our script really collects from its invented disk", () => {
  const { members, tenant } = castFor(7, linuxTriage());
  const linux = members.findIndex(({ platform }) => platform === "Linux");
  const script = tenant.machines[linux]?.scripts?.["collect-unix-triage.sh"];
  const archive = script?.creates?.[ARCHIVE]?.content;
  if (!(archive instanceof Uint8Array)) throw new Error("there is no archive");
  expect(JSON.parse(script?.output ?? "")).toMatchObject({ ok: true, sha256: digest(archive) });
  const folder = mkdtempSync(join(tmpdir(), "lrq-demo-"));
  try {
    writeFileSync(join(folder, "a.tar.gz"), archive);
    const words = ["-xzOf", join(folder, "a.tar.gz"), "./files/var/log/auth.log"];
    expect(spawnSync("tar", words, { encoding: "utf8" }).stdout).toContain("Accepted publickey");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
