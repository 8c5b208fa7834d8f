import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { put, putProgram } from "./a-disk.ts";
import { columnsFor, listed, rowsIn, SHELLS } from "./listed.ts";

const SCRIPT = "list-local-administrators.sh";

const top = mkdtempSync(join(tmpdir(), "lrq-admins-"));
chmodSync(top, 0o777);
const disk = join(top, "disk");
mkdirSync(disk);
put(disk, "etc/passwd", [
  "root:x:0:0:root:/root:/bin/sh",
  "toor:x:0:0::/root:/bin/sh",
  "ana:x:1000:1000::/home/ana:/bin/bash",
  "eve:x:1001:27::/home/eve:/bin/bash",
  "+::::::",
]);
put(disk, "etc/group", [
  "root:x:0:",
  "sudo:x:27:ana,ghost",
  "docker:x:998:ana",
  "users:x:100:eve",
  "wheel:x:10:",
]);
put(disk, "etc/sudoers", [
  "# User rules",
  "Defaults env_reset",
  "@includedir /etc/sudoers.d",
  "root\tALL=(ALL:ALL) ALL",
  "%sudo   ALL=(ALL:ALL) \\",
  "   ALL",
]);
put(disk, "etc/sudoers.d/90-app", ['eve ALL=(ALL) NOPASSWD: /bin/"x" \\\\y']);
put(disk, "etc/sudoers.d/old.bak", ["mallory ALL=(ALL) ALL"]);
put(disk, "etc/doas.conf", ["permit nopass ana as root", "deny bob", "permit :wheel"]);

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe.each(SHELLS)("local administrators, under %s", (shell) => {
  it("are users with the id 0, members of powerful groups, and rules of sudo and doas", () => {
    const rows = rowsIn(listed(top, SCRIPT, { shell, more: [`--root=${disk}`] }));
    for (const row of rows) expect(Object.keys(row)).toEqual(columnsFor(SCRIPT));
    expect(rows.map((row) => Object.values(row).join(" | "))).toEqual([
      "doas | :wheel | /etc/doas.conf | permit :wheel | ",
      "doas | ana | /etc/doas.conf | permit nopass ana as root | ",
      "group | ana | docker |  | 1000",
      "group | ana | sudo |  | 1000",
      "group | eve | sudo |  | 1001",
      "group | ghost | sudo |  | ",
      "sudoers | %sudo | /etc/sudoers | %sudo ALL=(ALL:ALL) ALL | ",
      'sudoers | eve | /etc/sudoers.d/90-app | eve ALL=(ALL) NOPASSWD: /bin/"x" \\\\y | ',
      "sudoers | root | /etc/sudoers | root ALL=(ALL:ALL) ALL | ",
      "uid-0 | root | /etc/passwd |  | 0",
      "uid-0 | toor | /etc/passwd |  | 0",
    ]);
  });

  it("are also those of a directory, where the machine knows them", () => {
    const folder = mkdtempSync(join(top, "bin-"));
    const said =
      "case $1 in group) echo 'wheel:*:10:remote' ;; *) echo 'remote:*:5:10::/:' ;; esac";
    putProgram(folder, "getent", `#!/bin/sh\n${said}\n`);
    const dscl = "case $2 in -read) echo 'GroupMembership: root ana' ;; *) echo 'root   0' ;; esac";
    putProgram(folder, "dscl", `#!/bin/sh\n${dscl}\n`);
    const path = `${folder}${delimiter}${process.env["PATH"] ?? ""}`;
    const rows = rowsIn(listed(top, SCRIPT, { shell, path }));
    const shown = rows.map(({ kind, member, via }) => `${kind} ${member} ${via}`);
    expect(shown).toContain("group remote wheel");
    expect(shown).toContain("group ana admin");
    expect(shown).toContain("uid-0 root directory");
  });
});

describe("the script that lists local administrators", () => {
  it.runIf(process.getuid?.() === 0)("says that it could not read the rules without root", () => {
    const root = mkdtempSync(join(top, "closed-"));
    chmodSync(root, 0o755);
    put(root, "etc/passwd", ["root:x:0:0::/root:/bin/sh"]);
    put(root, "etc/sudoers", ["root ALL=(ALL) ALL"]);
    put(root, "etc/sudoers.d/x", ["root ALL=(ALL) ALL"]);
    chmodSync(join(root, "etc/sudoers"), 0o440);
    chmodSync(join(root, "etc/sudoers.d"), 0o750);
    const ran = listed(top, SCRIPT, { uid: 65_534, more: [`--root=${root}`] });
    expect(rowsIn(ran).map(({ kind }) => kind)).toEqual(["uid-0"]);
    expect(ran.said).toMatchObject({
      notRead: ["/etc/sudoers could not be read", "/etc/sudoers.d could not be read"],
    });
  });
});
