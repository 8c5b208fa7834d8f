import { describe, expect, it } from "vitest";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { changed, webhook } from "./webhooks.ts";

function pathsOf(json: unknown): readonly string[] {
  const parsed = parseIncident("generic", json);
  return parsed.kind === "invalid" ? parsed.problems.map(({ path }) => path) : [];
}

describe("our own form", () => {
  it.each([
    ["extra", true, ""],
    ["incident.extra", true, "incident"],
    ["incident.id", " ", "incident.id"],
    ["incident.severity", "High", "incident.severity"],
    ["incident.url", "http://a.example", "incident.url"],
    ["machines", "pc-1", "machines"],
    ["machines.0.machineId", 7, "machines.0.machineId"],
    ["machines.0.name", ["pc-1"], "machines.0.name"],
    ["machines.2.name", undefined, "machines.2"],
    ["machines.1.platform", "solaris", "machines.1.platform"],
    ["profile", "", "profile"],
    ["parameters", { path: 7 }, "parameters.path"],
    ["parameters", { path: "x".repeat(257) }, "parameters.path"],
  ])("is refused with %s %j, saying where", (path, value, where) => {
    expect(pathsOf(changed(webhook("generic"), path, value))).toEqual([where]);
  });

  it("needs no title, severity or link, and takes null for what is left out", () => {
    const json = {
      incident: { id: "1", url: null },
      machines: [{ machineId: null, name: "pc-1", platform: null }],
      profile: null,
    };
    expect(parseIncident("generic", json)).toMatchObject({
      kind: "parsed",
      value: { severity: "unknown", url: null, asks: null, title: "generic incident 1" },
    });
  });

  it("asks for parameters without a profile when only they are sent", () => {
    const json = { incident: { id: "1" }, machines: [{ name: "a" }], parameters: { days: "3" } };
    expect(parseIncident("generic", json)).toMatchObject({
      value: { asks: { profile: null, parameters: { days: "3" } } },
    });
  });

  it("is nothing to do without machines", () => {
    expect(parseIncident("generic", { incident: { id: "1" }, machines: [] }).kind).toBe(
      "nothingToDo",
    );
  });

  it("is refused with at most 10 short problems, however many and long its keys", () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_900 }, (_, at) => [`k${at}${"y".repeat(90)}`, at]),
    );
    const machines = Array.from({ length: 400 }, () => ({ machineId: 7 }));
    const parsed = parseIncident("generic", { incident: { id: "1" }, machines, ...many });
    expect(parsed.kind === "invalid" && parsed.problems).toHaveLength(10);
    expect(JSON.stringify(parsed).length).toBeLessThan(10 * 450);
  });

  it("names the field to remove", () => {
    expect(parseIncident("generic", changed(webhook("generic"), "extra", 1))).toEqual({
      kind: "invalid",
      problems: [{ path: "", message: 'Remove the unknown field "extra".' }],
    });
  });
});

describe("the Standard Webhooks envelope", () => {
  it.each([
    ["type", undefined, "type"],
    ["data.incidentId", undefined, "data.incidentId"],
    ["data.devices.0.machineId", 7, "data.devices.0.machineId"],
    ["data.extra", 1, "data"],
    ["data", "text", "data"],
  ])("is refused with %s %j, saying where", (path, value, where) => {
    expect(pathsOf(changed(webhook("generic-envelope"), path, value))).toEqual([where]);
  });

  it("is nothing to do for other events and without devices", () => {
    const closed = changed(webhook("generic-envelope"), "type", "incident.closed");
    expect(parseIncident("generic", closed).kind).toBe("nothingToDo");
    const empty = changed(webhook("generic-envelope"), "data.devices", []);
    expect(parseIncident("generic", empty).kind).toBe("nothingToDo");
  });
});
