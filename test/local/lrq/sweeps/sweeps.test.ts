import { describe, expect, it } from "vitest";
import { served, typed } from "../typed.ts";

const ESC = "\u001B";
const WHOSE = { machineId: "m1", machineName: "pc-1", collectedAt: "2026-11-29T10:00:00.000Z" };

/** lrq that gives one answer; what it was asked for. */
async function answering(body: string, status = 200) {
  const asked: string[] = [];
  const url = await served((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body);
  });
  return { asked, env: { LRQ_URL: url, LRQ_KEY: "key" } };
}

describe("lrq sweeps rows", () => {
  it("writes a row a line, without anything that steers a terminal", async () => {
    const rows = [
      { ...WHOSE, path: `a${ESC}[2J\u009Bb` },
      { ...WHOSE, path: "c" },
    ];
    const { asked, env } = await answering(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const { code, said } = await typed("sweeps rows autostarts", { env });
    expect(code).toBe(0);
    expect(asked).toEqual(["/api/sweeps/autostarts/rounds/last/rows?format=ndjson"]);
    expect(said).not.toContain(ESC);
    expect(said).not.toContain("\u009B");
    expect(said.split("\n").map((line): unknown => JSON.parse(line))).toEqual(rows);
  });

  it("writes a CSV as it comes, but for controls", async () => {
    const csv = `machineId,path\r\nm1,"'=a\tb${ESC}[0m\nc"\r\nm2,d\re\r\n`;
    const { asked, env } = await answering(csv);
    const { said } = await typed("sweeps rows autostarts --csv --round 7", { env });
    expect(asked).toEqual(["/api/sweeps/autostarts/rounds/7/rows?format=csv"]);
    expect(`${said}\n`).toBe(`machineId,path\r\nm1,"'=a\tb\uFFFD[0m\nc"\r\nm2,d\uFFFDe\r\n`);
  });

  it("asks for the machines whose rows are wrong", async () => {
    const { asked, env } = await answering("");
    expect(await typed("sweeps rows a --wrong", { env })).toMatchObject({ code: 0, said: "" });
    expect(asked).toEqual(["/api/sweeps/a/rounds/last/rows?wrong=true"]);
  });

  it.each([
    "sweeps rows a --csv --wrong",
    "sweeps rows a --round x",
    "sweeps rows a --limit 5",
    "sweeps stack a",
    "sweeps stack a --by b --limit 0",
    "sweeps changes a --against last",
  ])("refuses %s without asking", async (line) => {
    const { asked, env } = await answering("");
    expect((await typed(line, { env })).code).toBe(2);
    expect(asked).toEqual([]);
  });

  it("says what lrq says if there is no such sweep", async () => {
    const problem = JSON.stringify({ type: "urn:lrq:problem:not-found", detail: "No such round." });
    const { env } = await answering(problem, 404);
    const { code, noted } = await typed("sweeps rows gone", { env });
    expect([code, noted]).toEqual([5, expect.stringContaining("No such round.")]);
  });
});

const STACK = {
  sweep: "autostarts",
  round: 2,
  by: ["signer", "path"],
  machines: 4,
  rows: 9,
  partial: 1,
  unreadable: 3,
  distinct: { count: 2, atLeast: true },
  values: [
    {
      machines: 1,
      value: { signer: null, path: `C:\\odd${ESC}[31m.exe` },
      example: { machineId: "m1", machineName: "pc-1" },
    },
    {
      machines: 4,
      value: { signer: "Microsoft", path: "C:\\usual.exe" },
      example: { machineId: "m2", machineName: null },
    },
  ],
};

describe("lrq sweeps stack", () => {
  it.each([
    "sweeps stack autostarts --by signer,path",
    "sweeps rows autostarts --stack signer,path",
  ])("shows the rarest values with a bar for each, as %s", async (line) => {
    const { asked, env } = await answering(JSON.stringify(STACK));
    const { code, said, noted } = await typed(`${line} --limit 5`, { env });
    expect(code).toBe(0);
    expect(asked).toEqual(["/api/sweeps/autostarts/rounds/last/stack?by=signer%2Cpath&limit=5"]);
    const [head = "", rare = "", usual = ""] = said.split("\n");
    expect(head).toContain("SIGNER");
    expect(rare).toMatch(/^1 +### +pc-1 +- +C:\\odd\.exe/);
    expect(usual).toMatch(/^4 +########## +m2 +Microsoft +C:\\usual\.exe/);
    expect(said).not.toContain(ESC);
    expect(noted).toContain("2 or more values on 4 machines, round 2.");
    expect(noted).toContain("The results of 3 more could not be read.");
  });

  it("writes what lrq sent with --json", async () => {
    const { env } = await answering(JSON.stringify(STACK));
    const { said } = await typed("sweeps stack autostarts --by path --json", { env });
    expect(JSON.parse(said)).toEqual(STACK);
  });
});

const CHANGES = [
  { change: "new", row: { ...WHOSE, path: `C:\\odd${ESC}]0;x\u0007.exe`, size: 5 } },
  { change: "gone", row: { ...WHOSE, path: "C:\\old.exe", size: null } },
];
const MACHINES = { both: 7, onlyInRound: 1, onlyInAgainst: 2, notComparable: 3, partial: 4 };
const TEXT = CHANGES.map((each) => `${JSON.stringify(each)}\n`).join("");
const END = `${JSON.stringify({ sweep: "a", round: 2, against: 1, machines: MACHINES })}\n`;

describe("lrq sweeps changes", () => {
  it("shows what is new and what is gone, and how many machines were compared", async () => {
    const { asked, env } = await answering(`${TEXT}${END}`);
    const { code, said, noted } = await typed("sweeps changes a --against 1", { env });
    expect(code).toBe(0);
    expect(asked).toEqual(["/api/sweeps/a/rounds/last/changes?against=1"]);
    expect(said.split("\n")).toEqual([
      "+ pc-1  path=C:\\odd.exe  size=5",
      "- pc-1  path=C:\\old.exe  size=-",
    ]);
    expect(noted).toContain(
      "7 machines are in both rounds; 1 only in this one, 2 only in the other",
    );
    expect(noted).toContain("3 of both were not compared");
    expect(noted).toContain("Of 4 of both lrq has not all rows");
  });

  it("writes a change a line with --json", async () => {
    const { env } = await answering(`${TEXT}${END}`);
    const { said } = await typed("sweeps changes a --json", { env });
    expect(said.split("\n").map((line): unknown => JSON.parse(line))).toEqual(CHANGES);
  });

  it("says that the answer is not whole if its end is missing", async () => {
    const { env } = await answering(TEXT);
    const { code, noted } = await typed("sweeps changes a", { env });
    expect([code, noted]).toEqual([3, expect.stringContaining("lrq broke off its answer.")]);
  });
});

describe("lrq sweeps coverage", () => {
  it("says nothing of machines that no round has sent yet", async () => {
    const { env } = await answering(JSON.stringify({ machines: [], next: null }));
    const { code, said, noted } = await typed("sweeps coverage autostarts", { env });
    expect(code).toBe(0);
    expect(said + noted).toContain("no such machine among those that the sweep has sent");
  });
});
