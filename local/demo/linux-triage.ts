import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SimulatedScript } from "../defender-simulator/options.ts";
import { runRealScript } from "../defender-simulator/real-script.ts";

const FILE_NAME = "collect-unix-triage.sh";
const SCRIPT = new URL(`../../library/${FILE_NAME}`, import.meta.url);

/** What the script finds on the invented disk of the demo's Linux machine. */
const DISK: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nwww:x:33:33::/var/www:/bin/sh\n",
  "etc/cron.d/update": "*/5 * * * * www /var/tmp/.cache/loader\n",
  "etc/os-release": "NAME=Invented Linux\n",
  "root/.bash_history": "systemctl status nginx\nless /var/log/auth.log\n",
  "var/www/.ssh/authorized_keys": "ssh-ed25519 INVENTED www@loader.example\n",
  "var/log/auth.log": "Accepted publickey for www from 192.0.2.7 port 50122\n",
};

/**
 * What lrq's own script really collects from a disk with invented files, because the disk of this
 * computer is nobody's business in a demo; null if there is no `sh` here.
 */
export function linuxTriage(): SimulatedScript | null {
  const disk = mkdtempSync(join(tmpdir(), "lrq-disk-"));
  try {
    for (const [path, text] of Object.entries(DISK)) {
      mkdirSync(dirname(join(disk, path)), { recursive: true });
      writeFileSync(join(disk, path), text);
    }
    const args = `--days=7 --output=/tmp/lrq-triage.tar.gz --root='${disk}'`;
    const content = readFileSync(SCRIPT);
    const ran = runRealScript({ fileName: FILE_NAME, content, args, osPlatform: "Linux" });
    return ran?.exitCode === 0 ? ran : null;
  } finally {
    rmSync(disk, { recursive: true, force: true });
  }
}
