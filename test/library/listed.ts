import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { dirname, delimiter, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { z } from "zod";
import type { RowsForm } from "../../shared/plan/profile/rows-form.ts";
import { shippedCatalogue } from "../plan/shipped.ts";
import { digest, rowsOf } from "./opened.ts";

const places = (process.env["PATH"] ?? "").split(delimiter);
/** The shells of this machine that stand for those of others. */
export const SHELLS = ["dash", "bash"].filter((name) =>
  places.some((place) => existsSync(join(place, name))),
);

const saidSchema = z.union([
  z.strictObject({
    ok: z.literal(true),
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    rows: z.number(),
    cut: z.number(),
    shortened: z.number(),
    notRead: z.array(z.string()),
    asRoot: z.boolean(),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

const rowSchema = z.record(z.string(), z.string());
type Row = z.infer<typeof rowSchema>;

export interface Run {
  readonly shell?: string;
  readonly output?: string;
  readonly more?: readonly string[];
  readonly uid?: number;
  /** Folders that come before all others where commands are looked for. */
  readonly path?: string;
}

/** Runs a script that lists rows. It says one line, and leaves nothing beside its output. */
export function listed(top: string, script: string, run: Run = {}) {
  const output = run.output ?? join(mkdtempSync(join(top, "out-")), "rows.ndjson.gz");
  if (run.uid !== undefined) chmodSync(dirname(output), 0o777);
  const words = [`library/${script}`, `--output=${output}`, ...(run.more ?? [])];
  const { stdout, stderr, status } = spawnSync(run.shell ?? "sh", words, {
    encoding: "utf8",
    ...(run.path === undefined ? {} : { env: { ...process.env, PATH: run.path } }),
    ...(run.uid === undefined ? {} : { uid: run.uid, gid: run.uid }),
  });
  expect(stdout.split("\n")).toHaveLength(2);
  const said = saidSchema.parse(JSON.parse(stdout));
  if (said.ok) expect(stderr).toBe("");
  expect(status).toBe(said.ok ? 0 : 1);
  const left = existsSync(dirname(output)) ? readdirSync(dirname(output)) : [];
  return { said, output, left };
}

/** The rows of a file that a script left, after the line was compared with them. */
export function rowsIn({ said, output, left }: ReturnType<typeof listed>): readonly Row[] {
  if (!said.ok) throw new Error(said.error);
  expect(left).toEqual(["rows.ndjson.gz"]);
  const bytes = readFileSync(output);
  expect(said).toMatchObject({ file: output, bytes: bytes.length, sha256: digest(bytes) });
  const rows = rowsOf(gunzipSync(bytes).toString()).map((row) => rowSchema.parse(row));
  expect(rows).toHaveLength(said.rows);
  return rows;
}

/** How the shipped profile that runs this script reads its rows. */
export function formFor(script: string): RowsForm {
  const found = [...shippedCatalogue().values()].flatMap(({ profile: { commands } }) => {
    const runs = commands.some((each) => each.type === "RunScript" && each.scriptName === script);
    if (!runs) return [];
    return commands.flatMap((each) => (each.type === "GetFile" ? (each.rows ?? []) : []));
  });
  const [form] = found;
  if (form === undefined || found.length > 1) throw new Error(`${script} has not one profile`);
  return form;
}

/** The names of its columns. */
export function columnsFor(script: string): readonly string[] {
  return formFor(script).columns.map(({ name }) => name);
}
