import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { auditRecordSchema, AUDIT_EVENTS } from "../../shared/evidence/audit.ts";
import { envelopeSchema, plainSchema } from "../../shared/incident/generic.ts";
import { custodyEntrySchema } from "../../shared/evidence/custody.ts";
import { statementSchema } from "../../shared/evidence/statement.ts";
import { indexFileSchema } from "../../local/lrq/custody-folder.ts";
import { messageSchema } from "../../shared/callback/message.ts";
import { decisionSchema } from "../../shared/evidence/decision.ts";
import { RESULT_PATH, resultPath } from "../../shared/evidence/paths.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import { buildCatalogue } from "../../shared/plan/profile/catalogue.ts";
import { page, section, tableIn, unquoted } from "./markdown.ts";
import { flowing, numberIn } from "./numbers.ts";

function publishedForm(schema: z.ZodType): unknown {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema)));
}

describe("the published schemas", () => {
  it.each([
    ["custody-entry", custodyEntrySchema],
    ["audit-record", auditRecordSchema],
    ["statement", statementSchema],
    ["decision", decisionSchema],
    ["index", indexFileSchema],
    ["callback-message", messageSchema],
  ])("%s is the form that is sealed, written or sent", (name, schema) => {
    const published: unknown = JSON.parse(page(`docs/schema/${name}.schema.json`));
    expect(published).toEqual(publishedForm(schema));
  });

  it.each([
    ["generic-incident", plainSchema],
    ["incident-envelope", envelopeSchema],
  ])("%s is what a body is checked against", (name, schema) => {
    const published: unknown = JSON.parse(page(`docs/schema/${name}.schema.json`));
    const form = z.toJSONSchema(schema, { io: "input" });
    expect(published).toEqual(JSON.parse(JSON.stringify(form)));
  });
});

describe("the page about evidence", () => {
  const EVIDENCE = page("docs/evidence.md");
  const namesIn = (title: string) =>
    tableIn(section(EVIDENCE, title)).flatMap(
      ([cell = ""]) => cell.match(/(?<=`)[A-Za-z]\w+(?=`)/g) ?? [],
    );

  it("explains every member of a custody entry, and no other", () => {
    const { v: _, number: _n, previous: _p, hash: _h, ...members } = custodyEntrySchema.shape;
    expect(namesIn("What is stored").toSorted()).toEqual(Object.keys(members).toSorted());
  });

  it("explains every member of a seal, and no other", () => {
    const { v: _, ...members } = statementSchema.shape;
    const rows = tableIn(section(EVIDENCE, "The seal"));
    const names = rows.flatMap(([cell = ""]) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
    expect(names.toSorted()).toEqual(Object.keys(members).toSorted());
  });

  it("explains every member of an index, with those of its parts, and no other", () => {
    const [, below = ""] = section(EVIDENCE, "Export and check it").split("`index.json` follows");
    const rows = tableIn(below).map(([name = "", text = ""]): [string, string] => [
      unquoted(name),
      text,
    ]);
    const parts = Object.entries(indexFileSchema.shape);
    expect(rows.map(([name]) => name)).toEqual(parts.map(([name]) => name));
    const withParts = parts.filter(([, schema]) => membersOf(schema).length > 0);
    for (const [name, schema] of withParts) {
      const said = rows.find(([each]) => each === name)?.[1].match(/(?<=`)[a-z]\w*(?=`)/gi);
      expect([...new Set(said)].toSorted()).toEqual(membersOf(schema));
    }
    expect(withParts.length).toBeGreaterThan(4);
  });

  it("tells the rules of a path as they are", () => {
    const identity = "shared/plan/identity.ts";
    const [run, own] = [
      numberIn(identity, "RUN_CHARACTERS"),
      numberIn(identity, "SEQUENCE_CHARACTERS"),
    ];
    const most = numberIn("shared/evidence/paths.ts", "MAX_ORDINAL").toLocaleString("en-US");
    const said = flowing("docs/evidence.md");
    expect(said).toContain(`\`<run>\` has ${run} characters and \`<sequence>\` ${own}, `);
    expect(said).toContain(`at most ${most}`);
    const [, left = ""] = /small letters but (.*?);/.exec(said) ?? [];
    const ids = "0123456789abcdefghijklmnopqrstuvwxyz".split("").filter((each) => {
      const path = `${each.repeat(run)}/${each.repeat(own)}/0-0.bin`;
      return !RESULT_PATH.test(path);
    });
    expect(left.match(/(?<=`)\w(?=`)/g)).toEqual(ids);
    const path = resultPath(`${"0".repeat(run)}.${"z".repeat(own)}`, 12, 9_999);
    expect(path).toMatch(RESULT_PATH);
    expect([`${path}x`, path.replace("/12-", "/012-"), `a/${path}`].join("\n")).not.toMatch(
      RESULT_PATH,
    );
  });

  it("tells how the hash of a profile comes about", () => {
    const [, file = ""] =
      /jq -cS \. (profiles\/[\w-]+\.json) \| tr -d '\\n' \| sha256sum/.exec(EVIDENCE) ?? [];
    const json: unknown = JSON.parse(page(file));
    const built = buildCatalogue([{ fileName: file.split("/")[1] ?? "", json }]);
    const [entry] = built.kind === "parsed" ? built.value.values() : [];
    expect(entry?.hash).toBe(createHash("sha256").update(canonicalJson(json)).digest("hex"));
    // What jq prints is canonical JSON as long as all names are ASCII.
    expect(JSON.stringify(json)).toMatch(/^[\x20-\x7e]*$/);
  });

  it("explains every member of a decision, and no other", () => {
    const names = Object.keys(decisionSchema.shape);
    expect(namesIn("The decisions").concat("v").toSorted()).toEqual(names.toSorted());
  });

  it("explains every event of the audit log", () => {
    expect(namesIn("The audit log").toSorted()).toEqual([...AUDIT_EVENTS].toSorted());
  });
});

/** The names of the members of an object, or of the objects of a list. */
function membersOf(schema: z.ZodType): string[] {
  const part = schema instanceof z.ZodArray ? schema.element : schema;
  return part instanceof z.ZodObject ? Object.keys(part.shape).toSorted() : [];
}
