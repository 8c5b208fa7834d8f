import { describe, expect, it } from "vitest";
import { field, fieldsOf, listField, textField } from "../../shared/incident/fields.ts";

describe("a field", () => {
  it("is read in its exact spelling first, then in any case", () => {
    expect(field({ HOSTNAME: 1, hostName: 2 }, "hostName")).toBe(2);
    expect(field({ HOSTNAME: 1, HostName: 2 }, "hostName")).toBe(1);
    expect(field({ other: 1 }, "hostName")).toBeUndefined();
  });

  it("is never an inherited one, nor one of a text or an array", () => {
    expect(field({}, "constructor")).toBeUndefined();
    expect(field([1], "length")).toBeUndefined();
    expect(field("text", "length")).toBeUndefined();
    expect(fieldsOf([])).toBeNull();
  });
});

describe("a text field", () => {
  it("is the first that holds text or a whole number", () => {
    const of = { a: " ", b: null, c: 1.5, d: { e: 1 }, f: 9, g: "x" };
    expect(textField(of, "a", "b", "c", "d", "f", "g")).toBe("9");
    expect(textField(of, "g", "f")).toBe("x");
    expect(textField(of, "a", "c", "d")).toBeNull();
    expect(textField({ a: 2 ** 53 }, "a")).toBeNull();
  });
});

describe("a list field", () => {
  it("is empty when it is no array", () => {
    expect(listField({ a: "xy" }, "a")).toEqual([]);
    expect(listField({ A: [1] }, "a")).toEqual([1]);
  });
});
