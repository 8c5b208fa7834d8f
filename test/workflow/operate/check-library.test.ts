import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isoOf } from "../../../shared/ledger/row/instant.ts";
import { checkLibrary } from "../../../shared/workflow/operate/check-library.ts";
import { describeLibrary } from "../../../shared/workflow/view/describe-library.ts";
import { openBench, sha256 } from "../../local/library/a-tenant.ts";
import { AGE_MS, aLibrary, OTHER, pinOf } from "../a-library.ts";
import { startGoingOn } from "../going-on.ts";

const FILE = "look.ps1";

function start(lists: "self" | "others" | null) {
  const library = aLibrary([FILE], lists === null ? {} : { lists });
  const rules = lists === null ? null : library.rules;
  const app = startGoingOn({ library: rules, listLibrary: library.listLibrary });
  app.pass(AGE_MS);
  const check = async (body: object | null) => {
    const rawBody = new TextEncoder().encode(body === null ? "" : JSON.stringify(body));
    return await checkLibrary(app.ports, app.limits, rules, { by: "op", rawBody });
  };
  const at = (ms: number) => isoOf(app.ports.clock.earliest() + ms);
  return { app, library, check, at, view: async () => await describeLibrary(app.ports, rules) };
}

const REFUSED = { kind: "refused" };

describe("a check of the library", () => {
  it("that lrq lists itself asks Defender, and takes no list from anybody", async () => {
    const { library, check, at, view } = start("self");
    expect(await check({ listedAt: at(0), files: [] })).toMatchObject(REFUSED);
    expect(await check(null)).toEqual({ kind: "checked" });
    expect(library.lists()).toBe(1);
    const pinned = pinOf(FILE);
    expect((await view()).files).toMatchObject([{ name: FILE, pinned, listed: pinned }]);
  });

  it("that others list takes their list, and asks Defender for nothing", async () => {
    const { library, check, at, view } = start("others");
    expect(await check(null)).toMatchObject(REFUSED);
    const files = [{ name: FILE, sha256: OTHER.toUpperCase() }];
    expect(await check({ listedAt: at(-1_000), files })).toEqual({ kind: "checked" });
    expect(library.lists()).toBe(0);
    expect(await view()).toMatchObject({
      lists: "others",
      listedAt: at(-1_000),
      files: [{ listed: OTHER }],
    });
  });

  it("takes what lrq library list gives", async () => {
    const { check, at, view } = start("others");
    const { run } = await openBench({}, { [FILE]: "a" });
    const body = z.looseObject({}).parse(JSON.parse((await run("list")).said));
    expect(await check({ ...body, listedAt: at(0) })).toEqual({ kind: "checked" });
    expect((await view()).files).toMatchObject([{ name: FILE, listed: sha256("a") }]);
  });

  it("refuses a list from the future, and one that is too old to run anything by", async () => {
    const { check, at, view } = start("others");
    const files = [{ name: FILE, sha256: OTHER }];
    expect(await check({ listedAt: at(70_000), files })).toMatchObject(REFUSED);
    expect(await check({ listedAt: at(-AGE_MS - 5_000), files })).toMatchObject(REFUSED);
    expect((await view()).listedAt).toBeNull();
  });

  it.each([
    ["without a time", { files: [] }],
    ["with a hash that is none", { listedAt: "2026-11-20T10:00:00Z", files: [{ name: FILE }] }],
    ["that is none", []],
  ])("refuses a list %s", async (_, body) => {
    const { check } = start("others");
    const refused = await check(body);
    expect(refused).toMatchObject(REFUSED);
  });

  it("says that nothing is compared if the setting is off", async () => {
    const { check, view } = start(null);
    expect(await check(null)).toMatchObject({ ...REFUSED, detail: expect.stringContaining("off") });
    expect(await view()).toMatchObject({ lists: "nobody", files: [] });
  });
});
