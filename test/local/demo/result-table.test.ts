import { describe, expect, it } from "vitest";
import { paintFor } from "../../../local/colours.ts";
import { columnsOf, renderLine } from "../../../local/columns.ts";
import { resultTable, sizeText } from "../../../local/demo/result-table.ts";
import { aCommand, aRun, aSequence, cast, member, ranFor, stored } from "./a-run.ts";

const HASH = "5cad110277b78e5278cd814647603ed884b4a29748bea26ef57bac59b9c3bc28";
const script = { ...ranFor(0, 1), result: stored(378, HASH, 0) };
const works = aSequence(member("pc-0101"), {
  commands: [aCommand(0, "PutFile", ranFor(0, 1)), aCommand(1, "RunScript", script)],
});
const fails = aSequence(member("srv-db02"), {
  commands: [
    aCommand(0, "RunScript", { ...ranFor(0, 1), status: "Failed", errors: ["disk\nfull"] }),
    aCommand(1, "GetFile"),
  ],
});
const path = "pc-0101/1-Collect.ps1.json";
const files = [{ sequenceId: works.sequenceId, index: 1, path, size: 378, sha256: HASH }];

function table(columns: number): string[] {
  const lines = resultTable(
    { runs: [aRun([works, fails])], files, members: cast.members },
    columns,
  );
  return lines.map((line) => renderLine(line, Number.POSITIVE_INFINITY, paintFor(false)));
}

describe("the table of results", () => {
  it("shows every command, what came of it, and the whole hash of its file", () => {
    expect(table(120)).toEqual([
      "Machine   Command                Outcome       Size  File",
      "pc-0101   PutFile tools.zip      completed",
      `          RunScript Collect.ps1  exit code 0  378 B  ${path}`,
      `          ${HASH}`,
      "srv-db02  RunScript Collect.ps1  failed",
      "          disk full",
      "          GetFile C:\\out.zip     not run",
    ]);
  });

  it("puts files below their rows when there is no room beside them", () => {
    const rows = table(78);
    expect(rows.slice(2, 5)).toEqual([
      "          RunScript Collect.ps1  exit code 0  378 B",
      `          ${path}`,
      `          ${HASH}`,
    ]);
    expect(Math.max(...rows.map(columnsOf))).toBeLessThanOrEqual(78);
  });

  it("tells a script that ended badly from one that worked", () => {
    const bad = { ...script, result: stored(378, HASH, 3) };
    const run = aRun([aSequence(member("pc-0101"), { commands: [aCommand(1, "RunScript", bad)] })]);
    const lines = resultTable({ runs: [run], files: [], members: cast.members }, 120);
    expect(lines[1]).toContainEqual({ tone: "bad", text: "exit code 3  " });
  });
});

describe("sizeText", () => {
  it("is in decimal units", () => {
    expect([999, 1_000, 8_349, 12_500_000].map(sizeText)).toEqual([
      "999 B",
      "1.0 kB",
      "8.3 kB",
      "12.5 MB",
    ]);
  });
});
