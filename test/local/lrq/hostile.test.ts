import { reading } from "../../access/reaching.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../local/lrq/command-line.ts";
import { verifyFolder } from "../../../local/lrq/verify-folder.ts";
import { bodyText } from "../../../shared/azure/entity.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { HOSTILE } from "../../fixtures/hostile/results.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { openCollecting } from "../../workflow/collecting.ts";
import { exported } from "./exporting.ts";

/** Where a result may lie: our own ids, and nothing a machine said. */
const OUR_PATH = /^[0-9a-z]{20}\/[0-9a-z]{12}\/\d{1,4}-\d{1,4}\.bin$/;
/** Everything that could steer a terminal, break a line, or turn the writing. */
const TREACHEROUS = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069\uD800-\uDFFF]/u;
/** Of a run with one hostile result; the same with an honest one takes 3 KB. */
const RUN_CHARACTERS_MAX = 20_000;

/** All texts within a JSON value, with the names of members. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return [...Object.keys(value), ...Object.values(value).flatMap(textsIn)];
}

/** Several lines and tabs are what output of scripts has, and no harm. */
function treacherousIn(value: unknown): string[] {
  return textsIn(value).filter((text) => TREACHEROUS.test(text.replaceAll(/[\n\t]/g, " ")));
}

describe("a hostile machine", () => {
  it("is tried in at least sixty ways, each of its own name", () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(60);
    expect(new Set(HOSTILE.map(({ what }) => what)).size).toBe(HOSTILE.length);
  });

  it.each(HOSTILE)(
    "does no harm in storage, logs, run and manifest with $what",
    async (hostile) => {
      const collecting = await openCollecting([hostile]);
      expect(await collecting.collect()).toEqual({ kind: "done", stored: 1 });
      for (const path of collecting.evidence.paths()) expect(path).toMatch(OUR_PATH);
      for (const { key, body } of collecting.ledger.rows()) {
        expect(key).not.toMatch(TREACHEROUS);
        expect(bodyText(body).length).toBeLessThan(RUN_CHARACTERS_MAX);
        expect(treacherousIn(body)).toEqual([]);
      }
      expect(collecting.log.filter((line) => TREACHEROUS.test(line))).toEqual([]);
      const run = await describeRun(collecting.ports(), someLimits(), RUN_ID, reading());
      expect(treacherousIn(run)).toEqual([]);
      expect(JSON.stringify(run).length).toBeLessThan(RUN_CHARACTERS_MAX);
      expect(treacherousIn(await collecting.manifest())).toEqual([]);
    },
  );

  it.each(HOSTILE)("leaves $what as it came, in a folder that verifies", async (hostile) => {
    const { folder, run } = await exported([hostile]);
    expect((await verifyFolder(folder)).findings).toEqual([]);
    const [file] = run.files;
    expect(file?.path).toMatch(OUR_PATH);
    const stored = readFileSync(join(folder, file?.path ?? ""));
    expect(stored.equals(Buffer.concat(hostile.chunks))).toBe(true);
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      expect(name).toMatch(/^[\w./-]+$/);
    }
  });

  it("does no harm with everything at once, and steers nobody's terminal", async () => {
    const { folder, collecting } = await exported(HOSTILE);
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    expect(await runCommand(["verify", folder], { env: {}, say, complain: say })).toBe(0);
    expect(said.filter((line) => TREACHEROUS.test(line))).toEqual([]);
    const record = await collecting.record();
    expect(bodyText(record).length).toBeLessThan(450_000);
  });

  it("gives no server a way into the terminal of whoever verifies", async () => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const words = ["verify", "\u001B[2Jno/such\u202Efolder"];
    expect(await runCommand(words, { env: {}, say, complain: say })).toBe(2);
    expect(said.join("").replaceAll("\n", "")).not.toMatch(TREACHEROUS);
  });
});
