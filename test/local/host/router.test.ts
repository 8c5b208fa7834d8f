import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Router } from "../../../local/host/router.ts";
import { createRouter } from "../../../local/host/router.ts";

function routerOf(...templates: string[]): Router<string> {
  return createRouter(
    "api",
    templates.map((template) => ({ template, methods: ["GET"], target: template })),
  );
}
function find(router: Router<string>, path: string): unknown {
  const match = router("GET", path);
  return match.kind === "matched" ? [match.target, match.params] : match.kind;
}

describe("the router", () => {
  const router = routerOf(
    "{*rest}",
    "runs/{runId}",
    "runs/{number:int}",
    "runs/latest",
    "runs/{runId}/evidence/{sequenceId}/{index:int?}",
    "codes/{code:regex(^[a-z]{{2}}$)}",
  );

  it.each([
    ["/api/runs/latest", ["runs/latest", {}]],
    ["/API/Runs/LATEST/", ["runs/latest", {}]],
    ["/api/runs/17", ["runs/{number:int}", { number: "17" }]],
    ["/api/runs/a%20b", ["runs/{runId}", { runId: "a b" }]],
    ["/api/runs/a%2Fb", ["runs/{runId}", { runId: "a%2Fb" }]],
    ["/api/runs/a%0Ab", ["runs/{runId}", { runId: "a\nb" }]],
    ["/api/runs/100%", ["runs/{runId}", { runId: "100%" }]],
    [
      "/api/runs/r/evidence/s",
      ["runs/{runId}/evidence/{sequenceId}/{index:int?}", { runId: "r", sequenceId: "s" }],
    ],
    ["/api/runs/r/evidence/s/x", ["{*rest}", { rest: "runs/r/evidence/s/x" }]],
    ["/api/codes/ab", ["codes/{code:regex(^[a-z]{{2}}$)}", { code: "ab" }]],
    ["/api/codes/abc", ["{*rest}", { rest: "codes/abc" }]],
    ["/api", ["{*rest}", {}]],
    ["/other", "notFound"],
    ["/", "notFound"],
  ])("finds for %s the most specific route", (path, expected) => {
    expect(find(router, path)).toEqual(expected);
  });

  it("passes over a route that does not take the method", () => {
    const target = "t";
    const mixed = createRouter("", [
      { template: "a/{x}", methods: ["PUT", "GET"], target },
      { template: "a/{y:int}", methods: ["DELETE"], target },
    ]);
    expect(mixed("POST", "/a/1")).toEqual({ kind: "notFound" });
    expect(mixed("GET", "/a/1")).toMatchObject({ kind: "matched", params: { x: "1" } });
  });

  it("gives back any text that a client encodes, slashes apart", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (text) => {
        fc.pre(!text.includes("/"));
        const path = `/api/runs/x/evidence/${encodeURIComponent(text)}`;
        expect(find(router, path)).toEqual([expect.any(String), { runId: "x", sequenceId: text }]);
      }),
    );
  });

  it.each([
    ["admin/x", "admin or runtime"],
    ["administrators", "admin or runtime"],
    ["Runtime", "admin or runtime"],
    ["/x", "two in a row"],
    ["x//y", "two in a row"],
    ["x/", "start or end with a slash"],
    ["{a}/{b", '"{b" is neither text nor {name}'],
    ["{name}.{extension}", "neither text nor"],
    ["{*rest:int}", "neither text nor"],
    ["{a:regex(x/y)}", "neither text nor"],
    ["{*all}/x", "only stand at the end"],
    ["{a?}/x", "only stand at the end"],
    ["{a}/{A}", "twice"],
    ["{a:guid}", "neither text nor"],
    ["{1a}", "neither text nor"],
  ])("is not built with the route %j", (template, why) => {
    expect(() => routerOf(template)).toThrow(why);
  });

  it("is not built with two routes for the same paths and a shared method", () => {
    expect(() => routerOf("runs/{runId}", "RUNS/{id}")).toThrow(
      'routes "runs/{runId}" and "RUNS/{id}" collide on GET',
    );
    expect(() => routerOf("runs/{runId}", "runs/{id:int}")).not.toThrow();
  });
});
