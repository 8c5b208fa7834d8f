import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes a file of a disk that a test makes, and its folders. */
export function put(root: string, path: string, lines: string | readonly string[]): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof lines === "string" ? lines : `${lines.join("\n")}\n`);
}

/** The same of a program. */
export function putProgram(root: string, path: string, content = "#!/bin/sh\n"): void {
  put(root, path, content);
  chmodSync(join(root, path), 0o755);
}

/** A link to a unit that makes it enabled; it may lead nowhere. */
function enable(root: string, folder: string, unit: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  symlinkSync(`../${unit}`, join(root, folder, unit));
}

/** A disk with one of everything that starts by itself, or at a set time. */
export function diskWithWork(root: string): void {
  put(root, "etc/passwd", [
    "root:x:0:0:root:/root:/bin/sh",
    "ana:x:1000:1000::/home/ana:/bin/bash",
    "odd:x:1001:1001::/home/ana/../odd:/bin/sh",
    "daemon:x:1:1::/:/usr/sbin/nologin",
  ]);
  putProgram(root, "usr/sbin/sshd", "sshd");
  putProgram(root, "home/ana/.cache/updater", "bad");
  put(root, "var/lib/dpkg/info/openssh-server.list", ["/.", "/usr/sbin/sshd"]);
  put(root, "var/lib/dpkg/info/cron.list", ["/bin/old-place"]);
  putProgram(root, "usr/bin/old-place");
  const system = "etc/systemd/system";
  put(root, "usr/lib/systemd/system/ssh.service", [
    "[Service]",
    "ExecStartPre=-/usr/sbin/sshd -t",
    "ExecStart=/usr/sbin/sshd -D \\",
    "  $SSHD_OPTS",
    "User=root",
  ]);
  enable(root, `${system}/multi-user.target.wants`, "ssh.service");
  put(root, `${system}/ssh.service.d/more.conf`, ['ExecStartPost=!/home/ana/.cache/updater "q"']);
  put(root, "usr/lib/systemd/system/not-enabled.service", ["ExecStart=/bin/never"]);
  enable(root, `${system}/multi-user.target.wants`, "gone.service");
  put(root, "lib/systemd/system/serve@.service", ["ExecStart=/usr/bin/old-place %i"]);
  enable(root, `${system}/multi-user.target.wants`, "serve@8080.service");
  put(root, "lib/systemd/system/tidy.timer", ["OnCalendar=daily", "OnBootSec=5min"]);
  put(root, "lib/systemd/system/tidy.service", ["ExecStart=/usr/bin/old-place --tidy"]);
  enable(root, `${system}/timers.target.wants`, "tidy.timer");
  put(root, "etc/crontab", ["SHELL=/bin/sh", "# no", "17 *\t* * *\troot\tcd / && run-parts x"]);
  put(root, "etc/cron.d/backup", ['@reboot ana "/opt/a b/run" now']);
  put(root, "etc/anacrontab", ["START_HOURS_RANGE=3", "1 5 cron.daily nice run-parts y"]);
  put(root, "var/spool/cron/crontabs/ana", ["*/5 * * * * A=1 B=2 /home/ana/.cache/updater -q"]);
  putProgram(root, "etc/cron.daily/logrotate");
  put(root, "etc/cron.daily/.placeholder", "");
  putProgram(root, "etc/rc.local");
  put(root, "etc/profile.d/a.sh", "export A=1\n");
  put(root, "etc/ld.so.preload", ["# c", "/tmp/evil.so:/tmp/other.so"]);
  put(root, "home/ana/.bashrc", "alias ls=ls\n");
  put(root, "home/ana/.config/autostart/x.desktop", ["[Desktop Entry]", "Exec=/usr/bin/x --y %U"]);
  put(root, "var/spool/cron/atjobs/a0001", [
    "#!/bin/sh",
    "HOME=/root; export HOME",
    "",
    "/bin/boom",
  ]);
}

/** A list of properties as launchd has them, with a time if `schedule` is one. */
export function plist(label: string, words: readonly string[], schedule = ""): string {
  const list = words.map((word) => `<string>${word}</string>`).join("\n    ");
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "x.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${label}</string>
  <key>ProgramArguments</key>
  <array>
    ${list}
  </array>
  <key>RunAtLoad</key>
  <true/>${schedule}
</dict>
</plist>
`;
}
