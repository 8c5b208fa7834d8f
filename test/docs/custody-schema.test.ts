import { describe, expect, it } from "vitest";
import { z } from "zod";
import { auditRecordSchema, AUDIT_EVENTS } from "../../shared/evidence/audit.ts";
import { envelopeSchema, plainSchema } from "../../shared/incident/generic.ts";
import { custodyEntrySchema } from "../../shared/evidence/custody.ts";
import { statementSchema } from "../../shared/evidence/statement.ts";
import { page, section, tableIn } from "./markdown.ts";

function publishedForm(schema: z.ZodType): unknown {
  return JSON.parse(JSON.stringify(z.toJSONSchema(schema)));
}

describe("the published schemas", () => {
  it.each([
    ["custody-entry", custodyEntrySchema],
    ["audit-record", auditRecordSchema],
    ["statement", statementSchema],
  ])("%s is the form that is sealed and verified", (name, schema) => {
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

  it("explains every event of the audit log", () => {
    expect(namesIn("The audit log").toSorted()).toEqual([...AUDIT_EVENTS].toSorted());
  });
});
