import { describe, expect, it } from "vitest";
import { hrefs, routeOf } from "../../page/route.ts";

describe("the address of a view", () => {
  it.each([
    [hrefs.now, { view: "now" }],
    ["", { view: "now" }],
    ["#/nonsense/at/all", { view: "now" }],
    [hrefs.run("abc"), { view: "run", runId: "abc" }],
    [hrefs.machine("PC 1/ä?#"), { view: "machine", machine: "PC 1/ä?#" }],
    [hrefs.machines, { view: "machine", machine: null }],
    [hrefs.activity, { view: "activity" }],
    [hrefs.library, { view: "library" }],
  ])("%s leads to its view", (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });

  it("keeps the filters of a list", () => {
    const hash = hrefs.runs({ state: "running", incident: "A&B=1" });
    const route = routeOf(hash);
    expect(route.view === "runs" ? Object.fromEntries(route.query) : null).toEqual({
      state: "running",
      incident: "A&B=1",
    });
  });

  it("with a broken escape leads to no machine", () => {
    expect(routeOf("#/machines/%E0%A4%A")).toEqual({ view: "machine", machine: null });
  });
});
