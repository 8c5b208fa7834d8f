import { app, type HttpResponseInit } from "@azure/functions";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { problem, type ProblemKind } from "../../functions/answer.ts";
import { ROUTES } from "../../shared/api/routes.ts";
import { RIGHTS } from "../../shared/access/caller.ts";
import type { App } from "../../shared/app.ts";
import { page, section, tableIn, unquoted } from "./markdown.ts";
import { problemsByRoute } from "./route-problems.ts";

const API = page("docs/api.md");
const PROBLEMS = tableIn(section(API, "Problems")).map(([kind = "", status, title]) => ({
  kind: unquoted(kind),
  status: Number(status),
  title,
}));

const bodySchema = z.object({ type: z.string(), title: z.string(), detail: z.string() });
const DETAIL = "what to do";
/** Every problem there is, as it is sent; the compiler keeps the list whole. */
const SENT: Readonly<Record<ProblemKind, HttpResponseInit>> = {
  "bad-request": problem("bad-request", DETAIL),
  unauthenticated: problem("unauthenticated", DETAIL),
  forbidden: problem("forbidden", DETAIL),
  "not-found": problem("not-found", DETAIL),
  "key-reused": problem("key-reused", DETAIL),
  ambiguous: problem("ambiguous", DETAIL),
  "not-approvable": problem("not-approvable", DETAIL),
  "not-now": problem("not-now", DETAIL),
  "not-retryable": problem("not-retryable", DETAIL),
  "paused-by-setting": problem("paused-by-setting", DETAIL),
  replayed: problem("replayed", DETAIL),
  "set-aside": problem("set-aside", DETAIL),
  "too-large": problem("too-large", DETAIL),
  "wrong-type": problem("wrong-type", DETAIL),
  "nothing-to-do": problem("nothing-to-do", DETAIL),
  "too-many-machines": problem("too-many-machines", DETAIL),
  "too-many-callbacks": problem("too-many-callbacks", DETAIL),
  "too-many-requests": problem("too-many-requests", DETAIL),
  "over-cap": problem("over-cap", DETAIL),
  unforeseen: problem("unforeseen", DETAIL),
  unavailable: problem("unavailable", DETAIL),
  "locked-down": problem("locked-down", DETAIL),
  "not-configured": problem("not-configured", DETAIL),
};

/** Why a caller is not let in; the compiler keeps the list whole. */
const OF_CALLER: Readonly<
  Record<Exclude<Awaited<ReturnType<App["admit"]>>["kind"], "admitted">, true>
> = {
  unauthenticated: true,
  forbidden: true,
  unavailable: true,
  replayed: true,
  "too-many-requests": true,
};

/** The routes as the app registers them, such as `POST pause`. */
const routes: string[] = [];
beforeAll(async () => {
  const http = vi.spyOn(app, "http").mockImplementation(() => undefined);
  vi.spyOn(app, "timer").mockImplementation(() => undefined);
  vi.spyOn(app, "storageQueue").mockImplementation(() => undefined);
  await import("../../functions/main.ts");
  for (const [, options] of http.mock.calls) {
    for (const method of options.methods ?? []) routes.push(`${method} ${options.route}`);
  }
  vi.restoreAllMocks();
});

describe("the page about the HTTP interface", () => {
  it("lists the routes that are registered, and no other", () => {
    const documented = tableIn(API).map(([route = ""]) => unquoted(route));
    expect(documented.toSorted()).toEqual(routes.toSorted());
    expect(routes.length).toBeGreaterThan(5);
    const known = ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(known.toSorted()).toEqual(routes.toSorted());
  });

  it("says of each route what the OpenAPI document says: the right, and the statuses", () => {
    const documented = tableIn(API).map(([route = "", right = "", does = ""]) => {
      const statuses = new Set(does.match(/\b20[0-2]\b/g));
      return [unquoted(route), unquoted(right), statuses] as const;
    });
    const known = ROUTES.map((each) => {
      // A preview and a dry run are told of in the sections.
      const isBoth = documented.some(
        ([route, , all]) => route === `${each.method} ${each.path}` && all.size > 1,
      );
      const statuses = Object.keys(each.answers).filter((one) => isBoth || one !== "200");
      const told = new Set(statuses.length === 0 ? ["200"] : statuses);
      return [`${each.method} ${each.path}`, each.right, told] as const;
    });
    expect(new Map(documented.map(([route, ...rest]) => [route, rest]))).toEqual(
      new Map(known.map(([route, ...rest]) => [route, rest])),
    );
  });

  it("has a section for each route, which names the problems its code answers with", () => {
    const coded = problemsByRoute(Object.keys(SENT), Object.keys(OF_CALLER));
    expect([...coded.keys()].toSorted()).toEqual(routes.toSorted());
    const documented = routes.map((route): [string, readonly string[]] => {
      const said = /^Problems: ([^.]*)\./m.exec(section(API, route))?.[1] ?? "";
      return [route, said.match(/(?<=`)[a-z-]+(?=`)/g) ?? []];
    });
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(coded));
  });

  it("has problems of every kind in its sections, and none for the health check", () => {
    const coded = problemsByRoute(Object.keys(SENT), Object.keys(OF_CALLER));
    expect(new Set([...coded.values()].flat())).toEqual(new Set(Object.keys(SENT)));
    expect(coded.get("GET health")).toEqual([]);
  });

  it("lists every kind of problem with the type, status and title it is sent with", () => {
    const sent = Object.entries(SENT).map(([kind, { status, body }]) => {
      const { type, title, detail } = bodySchema.parse(JSON.parse(z.string().parse(body)));
      expect({ type, detail }).toEqual({ type: `urn:lrq:problem:${kind}`, detail: DETAIL });
      return { kind, status, title };
    });
    expect(PROBLEMS).toEqual(sent);
  });

  it("names only rights there are", () => {
    const rights = tableIn(API).map(([, right = ""]) => unquoted(right));
    expect(rights.filter((right) => ![...RIGHTS, "any", "none"].includes(right))).toEqual([]);
  });
});
