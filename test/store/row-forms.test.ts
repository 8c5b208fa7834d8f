import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as keys from "../../shared/ledger/row/keys.ts";
import { formOf, ROW_FORMS } from "../../shared/store/row-forms.ts";

/** Links of hashed chains: they are written once, and the hash covers every member. */
const NEVER_REWRITTEN = new Set(["audit", "custody"]);

describe("the forms of the rows", () => {
  it("know every key that keys.ts can build", () => {
    const named = Object.entries(keys).flatMap(([name, value]) => {
      if (typeof value === "string" && name.endsWith("_KEY")) return [value];
      return typeof value === "object" && "from" in value ? [value.from] : [];
    });
    const built = [
      keys.sequenceKey("s"),
      keys.runKey("r"),
      keys.keyKey("h"),
      keys.custodyKey("r", 1),
      keys.auditKey("queue", 1),
      keys.intakesOf("r").from,
    ];
    expect(named.length).toBeGreaterThan(8);
    expect([...named, ...built].filter((key) => formOf(key) === null)).toEqual([]);
    expect(formOf("constructor!x")).toBeNull();
  });

  it.each(Object.keys(ROW_FORMS))("of %s keep what they do not know, however deep", (kind) => {
    const objects = objectsIn(ROW_FORMS[kind] ?? z.never());
    expect(objects.length).toBeGreaterThan(0);
    const rest = NEVER_REWRITTEN.has(kind) ? "never" : "unknown";
    const others = objects.filter((each) => each._zod.def.catchall?._zod.def.type !== rest);
    expect(others.map((each) => Object.keys(each.shape))).toEqual([]);
  });

  it.each(Object.keys(ROW_FORMS))("of %s say the version", (kind) => {
    const form = ROW_FORMS[kind];
    if (!(form instanceof z.ZodObject)) throw new Error(`${kind} is no object`);
    expect(form.shape["v"]).toBeInstanceOf(z.ZodLiteral);
  });
});

/** Every object schema in a schema, itself included. */
function objectsIn(schema: z.core.$ZodType): z.ZodObject[] {
  if (schema instanceof z.ZodObject) {
    return [schema, ...Object.values(schema.shape).flatMap(objectsIn)];
  }
  if (schema instanceof z.ZodArray) return objectsIn(schema.element);
  if (schema instanceof z.ZodRecord) return objectsIn(schema.valueType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsIn);
  if (schema instanceof z.ZodTuple) return schema.def.items.flatMap(objectsIn);
  const isWrapped =
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault;
  return isWrapped ? objectsIn(schema.unwrap()) : [];
}
