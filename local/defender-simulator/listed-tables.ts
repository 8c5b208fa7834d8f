import type { RowsKind } from "./options.ts";
import { fraction } from "./random.ts";

/** A row as a script of `library/` writes it. */
export type ListedRow = Readonly<Record<string, string | number | boolean | null>>;

/** On which machines a row is, counted from 0, and in which rounds, counted from 1. */
export type On = "all" | "even" | "odd" | "even, in odd rounds" | "odd, from the second round on";

interface Listed {
  readonly on?: On;
  readonly row: ListedRow;
}

type Tables = Readonly<Record<RowsKind, readonly Listed[]>>;

const WRITTEN = "2026-09-08T06:12:00.0000000Z";
const MICROSOFT = "Microsoft Windows";
const RUN = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run";
const SERVICES = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services";
const SYSTEM32 = "C:\\Windows\\System32";

/** A hash that the same file has on every machine. */
function hashOf(path: string): string {
  const digits = Array.from({ length: 64 }, (_, at) => Math.floor(16 * fraction(1, path, at)));
  return digits.map((digit) => digit.toString(16)).join("");
}

interface Work {
  readonly kind: string;
  readonly place: string;
  readonly name: string;
  readonly path: string;
  readonly user?: string;
  readonly schedule?: string;
  readonly words?: string;
}

function windowsWork(work: Work, signer: string, on: On = "all"): Listed {
  const { path, user = "", schedule = "", words = "", ...named } = work;
  const command = `"${path}" ${words}`.trim();
  const program = { path, signer, signed: signer !== "", sha256: hashOf(path), written: WRITTEN };
  return { on, row: { ...named, user, schedule, command, ...program } };
}

function unixWork(work: Work, origin: string, on: On = "all"): Listed {
  const { path, user = "", schedule = "", words = "", ...named } = work;
  const command = `${path} ${words}`.trim();
  const program = { path, origin, sha256: hashOf(path), written: "2026-09-08T06:12:00Z" };
  return { on, row: { ...named, user, schedule, command, ...program } };
}

const DEFRAG = {
  kind: "task",
  place: "\\Microsoft\\Windows\\Defrag\\",
  name: "ScheduledDefrag",
  path: `${SYSTEM32}\\defrag.exe`,
  user: "SYSTEM",
  words: "-c -h -o",
};
const UPDATE = {
  kind: "task",
  place: "\\Contoso\\",
  name: "Contoso Updater",
  path: "C:\\Program Files\\Contoso\\updater.exe",
  user: "SYSTEM",
  schedule: "Daily 2026-01-05T03:00:00",
};
const AGENT = {
  kind: "service",
  place: `${SERVICES}\\ContosoAgent`,
  name: "ContosoAgent",
  path: "C:\\Program Files\\Contoso\\agent.exe",
  user: "LocalSystem",
};
const TRAY = {
  kind: "registry",
  place: RUN,
  name: "SecurityHealth",
  path: `${SYSTEM32}\\SecurityHealthSystray.exe`,
};
const MEETINGS = {
  kind: "registry",
  place: RUN,
  name: "Fabrikam Meetings",
  path: "C:\\Program Files\\Fabrikam\\meetings.exe",
  words: "/background",
};
const SPOOLER = {
  kind: "service",
  place: `${SERVICES}\\Spooler`,
  name: "Spooler",
  path: `${SYSTEM32}\\spoolsv.exe`,
  user: "LocalSystem",
};
const VPN = {
  ...AGENT,
  place: `${SERVICES}\\Vpn`,
  name: "Vpn",
  path: "C:\\Program Files\\Vpn\\vpn.exe",
};

const WINDOWS_TASKS: readonly Listed[] = [
  windowsWork(DEFRAG, MICROSOFT),
  windowsWork(UPDATE, "Contoso Ltd.", "even, in odd rounds"),
];

function windowsPort(protocol: string, port: number, path: string, on: On = "all"): Listed {
  const process = path.split("\\").at(-1) ?? "";
  const program = { path, process, services: "", command: path, pid: 700 + port };
  const signed = { signer: MICROSOFT, signed: true, sha256: hashOf(path), written: WRITTEN };
  return { on, row: { protocol, address: "0.0.0.0", port, ...program, ...signed } };
}

function windowsMember(
  member: string,
  id: string,
  enabled: boolean | null,
  on: On = "all",
): Listed {
  const kind = enabled === null ? "group" : "user";
  return { on, row: { kind, member, via: "Administrators", id, enabled } };
}

/** What machines of Windows list. */
export const WINDOWS: Tables = {
  autostarts: [
    ...[TRAY, SPOOLER].map((each) => windowsWork(each, MICROSOFT)),
    windowsWork(AGENT, "Contoso Ltd."),
    windowsWork(MEETINGS, "Fabrikam Inc.", "even"),
    windowsWork(VPN, "Fabrikam Inc.", "odd, from the second round on"),
    ...WINDOWS_TASKS,
  ],
  "scheduled-work": WINDOWS_TASKS,
  "listening-ports": [
    windowsPort("tcp", 135, `${SYSTEM32}\\svchost.exe`),
    windowsPort("udp", 5353, `${SYSTEM32}\\svchost.exe`),
    windowsPort("tcp", 3389, `${SYSTEM32}\\svchost.exe`, "odd"),
    windowsPort("tcp", 9100, "C:\\Program Files\\Contoso\\agent.exe", "even, in odd rounds"),
  ],
  "local-administrators": [
    windowsMember(".\\Administrator", "S-1-5-21-1-500", false),
    windowsMember("CORP\\Domain Admins", "S-1-5-21-9-512", null),
    windowsMember("CORP\\Helpdesk", "S-1-5-21-9-1108", null, "even"),
    windowsMember("CORP\\temporary", "S-1-5-21-9-2040", true, "odd, from the second round on"),
  ],
};

const UNITS = "/usr/lib/systemd/system";
const SSH = {
  kind: "systemd",
  place: `${UNITS}/ssh.service`,
  name: "ssh.service",
  path: "/usr/sbin/sshd",
  words: "-D",
};
const CRON = {
  kind: "systemd",
  place: `${UNITS}/cron.service`,
  name: "cron.service",
  path: "/usr/sbin/cron",
  words: "-f",
};
const ROTATE = {
  kind: "cron",
  place: "/etc/cron.daily/logrotate",
  name: "logrotate",
  path: "/etc/cron.daily/logrotate",
  user: "root",
  schedule: "daily",
};
const BACKUP = {
  kind: "cron",
  place: "/etc/cron.d/backup",
  name: "backup",
  path: "/opt/contoso/backup",
  user: "root",
  schedule: "0 2 * * *",
};

const UNIX_CRON: readonly Listed[] = [
  unixWork(ROTATE, "logrotate"),
  unixWork(BACKUP, "contoso-backup", "even, in odd rounds"),
];

function unixPort(port: number, path: string, origin: string, on: On = "all"): Listed {
  const process = path.split("/").at(-1) ?? "";
  const program = { path, process, user: "root", command: path, pid: 700 + port, origin };
  const more = { sha256: hashOf(path), written: "2026-09-08T06:12:00Z" };
  return { on, row: { protocol: "tcp", address: "0.0.0.0", port, ...program, ...more } };
}

function unixMember(rule: Rule, on: On = "all"): Listed {
  return { on, row: { ...rule, id: "" } };
}

interface Rule {
  readonly kind: string;
  readonly member: string;
  readonly via: string;
  readonly rule: string;
}

const SUDO = { kind: "sudoers", via: "/etc/sudoers" };
const OPERATORS = { kind: "group", via: "sudo", rule: "" };

/** What machines of Linux and macOS list. */
export const UNIX: Tables = {
  autostarts: [unixWork(SSH, "openssh-server"), unixWork(CRON, "cron"), ...UNIX_CRON],
  "scheduled-work": UNIX_CRON,
  "listening-ports": [
    unixPort(22, "/usr/sbin/sshd", "openssh-server"),
    unixPort(443, "/usr/sbin/nginx", "nginx", "odd"),
    unixPort(9100, "/opt/contoso/agent", "contoso-agent", "even, in odd rounds"),
  ],
  "local-administrators": [
    unixMember({ kind: "uid-0", member: "root", via: "/etc/passwd", rule: "" }),
    unixMember({ ...SUDO, member: "%sudo", rule: "%sudo ALL=(ALL:ALL) ALL" }),
    unixMember({ ...OPERATORS, member: "operator" }),
    unixMember({ ...OPERATORS, member: "builder", via: "docker" }, "even"),
    unixMember({ ...OPERATORS, member: "temporary" }, "odd, from the second round on"),
  ],
};

/** Not signed, where every user may write, and nowhere else. */
export const EVIL_RUN = windowsWork(
  { ...TRAY, name: "SecurityHealthUpdate", path: "C:\\Users\\Public\\Libraries\\shupdate.exe" },
  "",
).row;
/** The same on Unix. */
export const EVIL_CRON = unixWork(
  {
    ...BACKUP,
    place: "/var/spool/cron/crontabs/www-data",
    name: "www-data",
    path: "/var/tmp/.x/kd",
  },
  "",
).row;
