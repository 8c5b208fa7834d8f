import { describe, expect, it } from "vitest";
import type { Incident, Source } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { webhook } from "./webhooks.ts";

const ID = "0a".repeat(20);
const OTHER = "0b".repeat(20);

/** The incident in a message; a test that gets none fails on it. */
function read(source: Source, json: unknown): Incident {
  const parsed = parseIncident(source, json);
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

const idsIn = (source: Source, json: unknown) =>
  read(source, json).machines.map(({ machineId, name }) => machineId ?? name);

/** Parts of a document tree, and an issue. */
const text = (line: string) => ({ type: "text", text: line });
const paragraph = (...content: object[]) => ({ type: "paragraph", content });
const doc = (...content: object[]) => ({ type: "doc", version: 1, content });
const issue = (fields: object) => ({ id: "1", key: "SEC-1", fields });
const lineOf = (words: string) => issue({ description: `Machine ids: ${words}` });

describe("ServiceNow", () => {
  it("is understood with both values of every field, and in the result of the Table API", () => {
    const plain = webhook("servicenow");
    const both = Object.fromEntries(
      Object.entries(plain ?? {}).map(([name, value]) => [
        name,
        typeof value === "string" ? { display_value: value, value } : value,
      ]),
    );
    const said = read("servicenow", plain);
    expect(read("servicenow", both)).toEqual(said);
    expect(read("servicenow", { result: plain })).toEqual(said);
    expect(read("servicenow", { result: [both] })).toEqual(said);
    expect(parseIncident("servicenow", { result: [both, both] }).kind).toBe("invalid");
  });

  it.each([
    [{ impact: "1", urgency: "1" }, "critical"],
    [{ impact: "1", urgency: "2" }, "high"],
    [{ impact: "2", urgency: "3" }, "low"],
    [{ impact: "3", urgency: "3" }, "informational"],
    [{ impact: "3", urgency: "3", severity: "3" }, "low"],
    [{ priority: "1", impact: "3", urgency: "3", severity: "3" }, "critical"],
    [{ priority: "4", severity: "1" }, "high"],
    [{ severity: "constructor" }, "unknown"],
  ])("of %j is %s", (fields, severity) => {
    const json = { sys_id: "1", u_mde_device_id: ID, ...fields };
    expect(read("servicenow", json).severity).toBe(severity);
  });
});

describe("a configuration item of ServiceNow", () => {
  const KEY = "9d385017c611228701d22104cc95c371";

  it.each(["srv-payroll", "BÜRO-PC7", KEY, { display_value: "srv-payroll", value: KEY }])(
    "beside two ids is skipped with the reason: %j",
    (cmdb_ci) => {
      const json = { sys_id: "1", u_mde_device_id: `${ID} ${OTHER}`, cmdb_ci };
      const machine = typeof cmdb_ci === "string" ? cmdb_ci : cmdb_ci.display_value;
      const reason = expect.stringContaining("cmdb_ci");
      expect(read("servicenow", json).unusable).toEqual([{ machine, reason }]);
      expect(idsIn("servicenow", json)).toEqual([ID, OTHER]);
    },
  );

  it("is the name of the only id, also if that was sent in two spellings", () => {
    const json = { sys_id: "1", u_mde_device_id: `${ID} ${ID.toUpperCase()}`, cmdb_ci: "PC-1" };
    const machine = { machineId: ID, name: "pc-1", platform: null };
    expect(read("servicenow", json)).toMatchObject({ machines: [machine], unusable: [] });
  });

  it("is read from a list, and so are ids with both of their values", () => {
    const cmdb_ci = ["PC-1", { display_value: "PC-2" }];
    expect(idsIn("servicenow", { sys_id: "1", cmdb_ci })).toEqual(["pc-1", "pc-2"]);
    const json = { sys_id: "1", u_mde_device_id: [{ value: ID }], cmdb_ci };
    const unusable = [{ machine: "PC-1" }, { machine: "PC-2" }];
    expect(read("servicenow", json)).toMatchObject({ machines: [{ machineId: ID }], unusable });
  });
});

describe("Jira", () => {
  it("reads a field that is a document tree as it reads its text", () => {
    const list = {
      type: "bulletList",
      content: [{ type: "listItem", content: [paragraph(text(OTHER))] }],
    };
    const tree = doc(paragraph(text(ID.slice(0, 9)), text(ID.slice(9))), list);
    expect(idsIn("jira", issue({ customfield_1: tree }))).toEqual([ID, OTHER]);
    const prose = doc(paragraph(text(`hash ${ID}`)));
    expect(parseIncident("jira", issue({ customfield_1: prose })).kind).toBe("nothingToDo");
  });

  it.each([
    ["text", `The hash is ${OTHER}.\nMachine ids: ${ID}\n${OTHER}`],
    [
      "a document tree",
      doc(
        paragraph(text(`The hash is ${OTHER}.`), { type: "hardBreak" }, text(`Machine ids: ${ID}`)),
        paragraph(text(OTHER)),
      ),
    ],
  ])(
    "takes from a description that is %s only the line that says what it holds",
    (_, description) => {
      expect(idsIn("jira", issue({ description }))).toEqual([ID]);
    },
  );

  it("names each word of such a line that is no id, if another word is one", () => {
    const { machines, unusable } = read("jira", lineOf(`${ID}, PC-0007 and ${OTHER}`));
    expect(machines.map(({ machineId }) => machineId)).toEqual([ID, OTHER]);
    expect(unusable.map(({ machine }) => machine)).toEqual(["PC-0007", "and"]);
    expect(parseIncident("jira", lineOf("see the attachment")).kind).toBe("nothingToDo");
  });

  it.each([
    ["with a name that is none", `Machine ids: ${ID}, BÜRO-PC7, PC-0004$`, "BÜRO-PC7 PC-0004$"],
    ["with no id at all", "Machine ids: BÜRO-PC7", "BÜRO-PC7"],
    ["with an id that is too short", `Machine ids: ${ID} ${"0a".repeat(15)}`, "0a".repeat(15)],
    ["in bold wiki text", `*Machine ids:* ${ID}, _BÜRO_`, "BÜRO"],
    ["with the colon outside of the bold", `**Machine ids**: *${ID}* {{BÜRO}}`, "BÜRO"],
    ["as an item", `intro\n* Machine ids: ${ID} BÜRO\nend`, "BÜRO"],
    ["as a numbered item", `1. Device IDs: ${ID} BÜRO`, "BÜRO"],
    ["with a colour", `{color:red}Machine ids:{color} ${ID} BÜRO`, "BÜRO"],
    ["with a space that does not break", `Machine\u00a0ids\u00a0:\u00a0${ID} BÜRO`, "BÜRO"],
    ["before a list", `Machine ids:\n\n* ${ID}\n* BÜRO\nThe end.`, "BÜRO"],
    ["as a heading", `h3. Machine ids\r\n# ${ID}\r\n# BÜRO\r\n\r\n# ${OTHER}`, "BÜRO"],
    ["before lines", `Machine ids:\n${ID}\nBÜRO\nSHA1:\n${OTHER}`, "BÜRO"],
    ["in a row", `|Owner|Erika|\n|Machine ids|${ID}, BÜRO|\n|Hash|${OTHER}|`, "BÜRO"],
    ["over a column", `||Machine ids||Hash||\n|${ID}|${OTHER}|\n|BÜRO|x|`, "BÜRO"],
    ["over a column without heads", `|Hash|Machine ids|\n|${OTHER}|${ID}|\n|x|BÜRO|`, "BÜRO"],
  ])("loses no word after a label %s", (_, description, skipped) => {
    // Another machine is named, so that the incident is accepted.
    const json = issue({ description, labels: [ID] });
    const { machines, unusable } = read("jira", json);
    expect(machines.map(({ machineId }) => machineId)).toEqual([ID]);
    expect(unusable.map(({ machine }) => machine).join(" ")).toBe(skipped);
  });

  const cell = (type: string, line: string) => ({ type, content: [paragraph(text(line))] });
  const item = (line: string) => cell("listItem", line);

  it.each([
    [
      "a list",
      doc(paragraph(text("Machine ids:")), {
        type: "bulletList",
        content: [item(ID), item("BÜRO")],
      }),
    ],
    [
      "the next cell",
      doc({
        type: "table",
        content: [
          {
            type: "tableRow",
            content: [cell("tableHeader", "Machine ids"), cell("tableCell", `${ID} BÜRO`)],
          },
          { type: "tableRow", content: [cell("tableHeader", "Hash"), cell("tableCell", OTHER)] },
        ],
      }),
    ],
  ])("reads in a document %s after the label", (_, description) => {
    const { machines, unusable } = read("jira", issue({ description }));
    expect(machines.map(({ machineId }) => machineId)).toEqual([ID]);
    expect(unusable.map(({ machine }) => machine)).toEqual(["BÜRO"]);
  });

  it.each([
    ["names", `${ID}, BÜRO-PC7`, ["BÜRO-PC7"]],
    ["names before", `BÜRO-PC7;${ID}`, ["BÜRO-PC7"]],
    ["a remark", `${ID} (BÜRO-PC7)`, ["BÜRO-PC7"]],
    ["a name before the id", `BÜRO-PC7 ${ID}`, ["BÜRO-PC7"]],
    ["a name in capitals", `BÜRO ${ID}`, ["BÜRO"]],
    ["a name with its domain", `CORP\\PC3: ${ID}`, ["CORP\\PC3"]],
    ["a name on the line before", `* BÜRO-PC7 – ${ID}\n* Büro`, ["BÜRO-PC7", "Büro"]],
    ["options", [{ value: ID }, { value: "Büro 7" }], ["Büro 7"]],
    ["an option below another", { value: "Server", child: { value: ID } }, ["Server"]],
    ["a label", `Machine ids: ${ID} BÜRO`, ["BÜRO"]],
  ])("takes the ids of a custom field with %s, and skips the rest", (_, value, skipped) => {
    const { machines, unusable } = read("jira", issue({ customfield_1: value }));
    expect(machines.map(({ machineId }) => machineId)).toEqual([ID]);
    expect(unusable.map(({ machine }) => machine)).toEqual(skipped);
  });

  it.each([
    `hash ${ID}`,
    `sha1,${ID}`,
    `We saw, after lunch, ${ID}.`,
    `dropper-7.exe ${ID}`,
    `seen ${ID}`,
    `On PC-0003 we saw ${ID}`,
  ])("takes the hash in a sentence of a custom field for no machine: %s", (value) => {
    expect(parseIncident("jira", issue({ customfield_1: value }))).toMatchObject({
      kind: "nothingToDo",
      skipped: [],
    });
  });

  it("makes the address people read at from the parts of its own", () => {
    const fields = { labels: [ID] };
    const at = (self: string) => read("jira", { ...issue(fields), self }).url;
    expect(at("https://a.example/jira/rest/api/2/issue/1")).toBe(
      "https://a.example/jira/browse/SEC-1",
    );
    expect(at("https://user:pass@a.example/x/../rest/api/2/1")).toBe(
      "https://a.example/browse/SEC-1",
    );
    expect(at("http://a.example/rest/api/2/issue/1")).toBeNull();
    expect(at("https://api.atlassian.com/ex/jira/1/rest/api/3/issue/1")).toBeNull();
    expect(at("no address")).toBeNull();
  });
});
