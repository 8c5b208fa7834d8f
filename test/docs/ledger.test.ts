import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { KeyRange } from "../../shared/ledger/row/key-range.ts";
import * as rowKeys from "../../shared/ledger/row/keys.ts";
import * as sweepKeys from "../../shared/ledger/row/sweep-keys.ts";
import { isTerminal, LEGAL_MOVES, SEQUENCE_STATES } from "../../shared/ledger/sequence/sequence.ts";
import { ROW_FORMS } from "../../shared/store/row-forms.ts";
import { page, section, tableIn, unquoted } from "./markdown.ts";

const keys = { ...rowKeys, ...sweepKeys };
const LEDGER = page("docs/ledger.md");

/** One key of every kind there is, by what builds it. */
const SAMPLES: Readonly<Record<string, string>> = {
  RATE_TOKEN_KEY: keys.RATE_TOKEN_KEY,
  RATE_TOKEN_PAUSED_KEY: keys.RATE_TOKEN_PAUSED_KEY,
  ASKED_KEY: keys.ASKED_KEY,
  readyKey: keys.readyKey(1, 7, "sequence"),
  laterKey: keys.laterKey(7, "sequence"),
  behindKey: keys.behindKey("machine", 1, 7, "sequence"),
  sequenceKey: keys.sequenceKey("sequence"),
  machineKey: keys.machineKey("machine"),
  runKey: keys.runKey("run"),
  sweepKey: keys.sweepKey("sweep"),
  roundKey: keys.roundKey("sweep", 7),
  targetKey: keys.targetKey("sweep", 7, "machine"),
  heldKey: keys.heldKey("sweep", 7, "machine"),
  sweptKey: keys.sweptKey("sweep", "machine"),
  keyKey: keys.keyKey("hash"),
  summaryKey: keys.summaryKey(keys.placeOfRun(7, "run")),
  teamKey: keys.teamKey("team", keys.placeOfRun(7, "run")),
  runningKey: keys.runningKey(keys.placeOfRun(7, "run")),
  SUMMARIES_KEY: keys.SUMMARIES_KEY,
  historyKey: keys.historyKey("machine", 7, "sequence"),
  hostnameKey: keys.hostnameKey("hash", "machine"),
  huntedKey: keys.huntedKey("triage", 1, "hunt", 0),
  CAPS_KEY: keys.CAPS_KEY,
  intakeKey: keys.intakeKey("run", 7),
  plannedKey: keys.plannedKey("run", 7),
  openingKey: keys.openingKey("run", 7),
  overKey: keys.overKey("run", 7),
  sealKey: keys.sealKey("run", 7, 0),
  owedKey: keys.owedKey("sequence"),
  custodyKey: keys.custodyKey("run", 7),
  auditKey: keys.auditKey("run", 7),
  noticeKey: keys.noticeKey(7, "notice"),
  newsKey: keys.newsKey(7, "new_s"),
  deadKey: keys.deadKey("run", "notice"),
};

/** What writes to the ledger, by its name. */
const WRITES =
  /\b(commit\w*|transact|tryTransact|changeEach|changeBudgetAlone|moveOnce|moveWithBudget)\(/;

/** A family of keys: its first word, and how many parts follow it. */
function familyOf(key: string): string {
  const [name, ...parts] = key.split("!");
  return `${name} and ${parts.length} parts`;
}

/** True for all keys of one first word, and no others. */
function isFamily(value: unknown): value is KeyRange {
  if (typeof value !== "object" || value === null || !("from" in value && "before" in value)) {
    return false;
  }
  const { from, before } = value;
  return typeof from === "string" && from.endsWith("!") && before === `${from.slice(0, -1)}"`;
}

describe("the page about the ledger", () => {
  it("shows every key there is, in its form, and no other", () => {
    const builders = Object.keys(keys).filter((name) => /Key$|_KEY$/.test(name));
    expect(Object.keys(SAMPLES).toSorted()).toEqual(builders.toSorted());
    const documented = tableIn(section(LEDGER, "Rows")).map(([key = ""]) =>
      familyOf(unquoted(key)),
    );
    expect(documented.toSorted()).toEqual(Object.values(SAMPLES).map(familyOf).toSorted());
  });

  it("has keys that are called like the constants that build them", () => {
    const called = Object.keys(SAMPLES).map((name) =>
      name.endsWith("_KEY")
        ? name.slice(0, -"_KEY".length).toLowerCase().replaceAll("_", "-")
        : name.slice(0, -"Key".length),
    );
    const words = Object.entries(SAMPLES).map(([name, key]) =>
      name.endsWith("_KEY") ? key.replace("!", "-") : key.split("!", 1)[0],
    );
    expect(called).toEqual(words);
    const ranges = Object.entries(keys).flatMap(([name, value]) =>
      isFamily(value) ? [{ name, from: value.from }] : [],
    );
    expect(ranges.length).toBeGreaterThan(8);
    for (const { name, from } of ranges) expect(`${name.toLowerCase()}!`).toBe(from);
  });

  it("says of every key what it holds, who writes it and what is assumed", () => {
    for (const row of tableIn(section(LEDGER, "Rows"))) {
      expect(row).toHaveLength(4);
      expect(row.filter((cell) => cell === "")).toEqual([]);
    }
  });

  it("names every field that a row of an older version may lack, and no other", () => {
    const lacking = Object.entries(ROW_FORMS).flatMap(([kind, form]) =>
      [...new Set(laterFieldsOf(form, ""))]
        // What a person leaves out of a definition was not added later.
        .filter((field) => !field.startsWith("definition.targets."))
        .map((field) => `${kind} ${field}`),
    );
    const table = tableIn(section(LEDGER, "Versions of a row").replaceAll(/^ +/gm, ""));
    const named = table.flatMap(([kinds = "", fields = ""]) =>
      wordsIn(kinds).flatMap((kind) =>
        wordsIn(fields).map((field) => `${kind.replace("!", "")} ${field}`),
      ),
    );
    expect(named.toSorted()).toEqual(lacking.toSorted());
    expect(lacking.length).toBeGreaterThan(40);
  });

  it("lists the legal moves, all of them and each once", () => {
    const moves = Object.entries(LEGAL_MOVES).flatMap(([from, all]) =>
      all.map((to) => `${from} to ${to}`),
    );
    const documented = tableIn(section(LEDGER, "Legal moves")).map(
      ([from = "", to = ""]) => `${unquoted(from)} to ${unquoted(to)}`,
    );
    expect(documented.toSorted()).toEqual(moves.toSorted());
  });

  it("names every workflow that commits, and says of each of its reads why it may decide", () => {
    const rows = tableIn(section(LEDGER, "Reads that decide a write"));
    for (const row of rows) {
      expect(row).toHaveLength(4);
      expect(row.filter((cell) => cell === "")).toEqual([]);
    }
    const named = rows.flatMap(([cell = ""]) => cell.split(", ").map(unquoted));
    const committing = ["shared/store", "shared/workflow"]
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
          join(folder, name),
        ),
      )
      .filter((path) => path.endsWith(".ts") && WRITES.test(readFileSync(path, "utf8")));
    expect([...new Set(named)].toSorted()).toEqual(
      committing.map((path) => basename(path, ".ts")).toSorted(),
    );
  });

  it("explains every state, the final ones last", () => {
    const states = tableIn(section(LEDGER, "States of a sequence")).map(([name = ""]) =>
      unquoted(name),
    );
    expect(states.toSorted()).toEqual([...SEQUENCE_STATES].toSorted());
    const final = SEQUENCE_STATES.filter((state) => isTerminal({ state }));
    expect(states.slice(-6).toSorted()).toEqual(final.toSorted());
  });
});

function wordsIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

/** The fields below `path` that may be missing, such as `callbacks.armId`. */
function laterFieldsOf(schema: unknown, path: string): string[] {
  if (schema instanceof z.ZodArray) return laterFieldsOf(schema.element, path);
  if (
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional
  ) {
    return laterFieldsOf(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => laterFieldsOf(option, path));
  }
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, member]) => {
    const field = path === "" ? name : `${path}.${name}`;
    const isLater = member instanceof z.ZodType && member.safeParse(undefined).success;
    const within = laterFieldsOf(member, field);
    return isLater ? [field].concat(within) : within;
  });
}
