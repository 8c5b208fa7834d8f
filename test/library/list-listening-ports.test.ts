import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { putProgram } from "./a-disk.ts";
import { columnsFor, listed, rowsIn, SHELLS } from "./listed.ts";

const SCRIPT = "list-listening-ports.sh";
const PATH = process.env["PATH"] ?? "";
const HAS_SS = PATH.split(delimiter).some((folder) => existsSync(join(folder, "ss")));

const top = mkdtempSync(join(tmpdir(), "lrq-ports-"));
chmodSync(top, 0o777);
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** A PATH in which this command says that, before all others. */
function saying(name: string, text: string): string {
  const folder = mkdtempSync(join(top, "bin-"));
  putProgram(folder, name, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  return `${folder}${delimiter}${PATH}`;
}

const TOOLS =
  "sh dash bash awk cat cut date dirname expr grep gzip head id ls mkdir mktemp mv paste ps";
const MORE_TOOLS = "readlink rm rmdir sed sha256sum sleep sort tail tr wc";

/** A PATH with nothing but the tools of any Unix, and this command. */
function withOnly(name: string | null, text: string): string {
  const folder = mkdtempSync(join(top, "only-"));
  for (const tool of `${TOOLS} ${MORE_TOOLS}`.split(" ")) {
    const from = PATH.split(delimiter).map((each) => join(each, tool));
    const found = from.find((each) => existsSync(each));
    if (found !== undefined) symlinkSync(found, join(folder, tool));
  }
  if (name !== null) putProgram(folder, name, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  return folder;
}

/** A line of ss; it ends with the users if there are some. */
const socket = (netid: string, state: string, local: string, users = "") =>
  `${netid}   ${state} 0      128    ${local}          *:*         ${users}`;

const SS = [
  "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process",
  socket("udp", "UNCONN", "127.0.0.53%lo:53", 'users:(("resolved",pid=99999999,fd=13))'),
  socket("tcp", "LISTEN", "0.0.0.0:22"),
  socket(
    "tcp",
    "LISTEN",
    "[::]:8080",
    `users:(("a",pid=${process.pid},fd=3),("a b",pid=99999998,fd=4))`,
  ),
  socket("tcp", "LISTEN", "*:5000"),
  "??? strange",
].join("\n");

const LSOF = `p${process.pid}
f5
PTCP
n127.0.0.1:631
f6
PTCP
n[::1]:631
p7
f1
PUDP
n*:5353
f2
PUDP
n10.0.0.1:5000->10.0.0.2:53`;

describe.each(SHELLS)("listening ports, under %s", (shell) => {
  it("are what ss says, each with every process that has it open", () => {
    const rows = rowsIn(listed(top, SCRIPT, { shell, path: saying("ss", SS) }));
    const shown = rows.map(({ protocol, address, port, pid }) => {
      return `${protocol} ${address} ${port} ${pid}`;
    });
    const us = String(process.pid);
    expect(new Set(shown)).toEqual(
      new Set([
        "tcp * 5000 ",
        "tcp 0.0.0.0 22 ",
        "tcp :: 8080 99999998",
        `tcp :: 8080 ${us}`,
        "udp 127.0.0.53%lo 53 99999999",
      ]),
    );
    const ours = rows.find(({ pid }) => pid === us);
    expect(ours).toMatchObject({ path: process.execPath, user: expect.stringMatching(/./) });
    expect(ours?.["sha256"]).toMatch(/^[0-9a-f]{64}$/);
    for (const row of rows) expect(Object.keys(row)).toEqual(columnsFor(SCRIPT));
  });

  it("are what lsof says where there is no ss, as on a Mac", () => {
    const rows = rowsIn(listed(top, SCRIPT, { shell, path: withOnly("lsof", LSOF) }));
    const shown = rows.map(({ protocol, address, port, pid }) => [protocol, address, port, pid]);
    expect(shown).toEqual([
      ["tcp", "127.0.0.1", "631", String(process.pid)],
      ["tcp", "::1", "631", String(process.pid)],
      ["udp", "*", "5353", "7"],
    ]);
  });
});

describe("the script that lists ports", () => {
  it("fails with a sentence where it can ask nobody", () => {
    const { said, left } = listed(top, SCRIPT, { path: withOnly(null, "") });
    expect([said, left]).toEqual([{ ok: false, error: "there is no ss and no lsof" }, []]);
  });

  it.runIf(HAS_SS)("finds a port of this very process", async () => {
    const tcp = createServer().listen(0, "127.0.0.1");
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    onTestFinished(() => {
      tcp.close();
      udp.close();
    });
    await Promise.all([once(tcp, "listening"), once(udp, "listening")]);
    const address = tcp.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const rows = rowsIn(listed(top, SCRIPT));
    const own = { address: "127.0.0.1", pid: String(process.pid), path: process.execPath };
    expect(rows).toContainEqual(
      expect.objectContaining({ ...own, protocol: "tcp", port: String(port) }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ ...own, protocol: "udp", port: String(udp.address().port) }),
    );
  });
});
