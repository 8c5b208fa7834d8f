import { createServer } from "node:http";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../local/lrq/command-line.ts";
import { appendAudit, type AuditRecord, QUEUE_CHAIN } from "../../../shared/evidence/audit.ts";
import { FIRST_HEAD } from "../../../shared/ledger/run/chain-head.ts";
import { page } from "../../docs/markdown.ts";
import { RUN_ID } from "../../ledger/a-sequence.ts";
import { exported, temporaryFolder } from "./exporting.ts";

const KEY = "a key nobody may see";

/** lrq as far as its queue's log: it answers with these records, whatever is asked. */
async function withQueueLog<T>(
  records: readonly AuditRecord[],
  act: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ chain: QUEUE_CHAIN, records, next: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : null;
  try {
    return await act({ LRQ_URL: `http://127.0.0.1:${port}`, LRQ_KEY: KEY });
  } finally {
    server.close();
  }
}

type Log = readonly AuditRecord[];

function queueLog(): Log {
  const at = "2026-11-21T10:00:00.000Z";
  const facts = ["paused", "resumed", "paused"].map((event) => {
    const known = event === "paused" ? ("paused" as const) : ("resumed" as const);
    return { at, event: known, by: "ana", sequences: [], detail: "change window" };
  });
  return appendAudit(FIRST_HEAD, QUEUE_CHAIN, facts).records;
}

async function run(words: readonly string[], env: Record<string, string> = {}) {
  const said: string[] = [];
  const complained: string[] = [];
  const exitCode = await runCommand(words, {
    env,
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
  });
  return { exitCode, said: said.join("\n"), complained: complained.join("\n") };
}

describe("lrq", () => {
  it("shows how it is used, and ends well", async () => {
    const { exitCode, said, complained } = await run(["--help"]);
    expect([exitCode, complained]).toEqual([0, ""]);
    expect(said).toContain("lrq COMMAND --help has examples");
  });

  it.each([
    [["shwo", RUN_ID], "show"],
    [["library", "aply"], "apply"],
    [["show", RUN_ID, "--jsno"], "--json"],
  ])("says what was perhaps meant by %j", async (words, meant) => {
    const { exitCode, complained } = await run(words);
    expect(exitCode).toBe(2);
    expect(complained).toContain(`Did you mean ${meant}?`);
  });

  it.each([
    [[]],
    [["verify"]],
    [["export", RUN_ID]],
    [["export", "not-a-run", "folder"]],
    [["verify", "a", "b"]],
    [["delete", "a"]],
    [["verify", "a", "--force"]],
    [["verify", "a", "--head", "abc"]],
    [["verify", "neither-folder-nor-run"]],
    [["verify", "package.json"]],
    [["export", RUN_ID, "no-settings"]],
  ])("says how it is used, with exit code 2, when called with %j", async (words) => {
    const { exitCode, complained } = await run(words);
    expect(exitCode).toBe(2);
    expect(complained).toMatch(/--help (?:shows|lists)|COMMAND --help has examples|LRQ_URL/);
    expect(existsSync("no-settings")).toBe(false);
  });

  it("says that a folder is whole, with its head, and exit code 0", async () => {
    const { folder, run: saved } = await exported([]);
    const { exitCode, said } = await run(["verify", folder, "--head", saved.manifest.head]);
    expect(exitCode).toBe(0);
    expect(said).toMatch(new RegExp(`^ok {3}run ${RUN_ID}: 0 results`));
    expect(said).toContain(`head ${saved.manifest.head}`);
  });

  it("says that the queue's log is whole, with its head, and knows an earlier head again", async () => {
    const records = queueLog();
    await withQueueLog(records, async (env) => {
      for (const head of records.map((record) => record.hash)) {
        const { exitCode, said } = await run(["verify", "queue", "--head", head], env);
        expect(exitCode).toBe(0);
        expect(said).toContain("3 audit records");
        expect(said).toContain(`head ${records.at(-1)?.hash}`);
      }
    });
  });

  it.each([
    ["a changed record", (log: Log) => log.map((one) => ({ ...one, by: "eve" }))],
    ["a missing record", (log: Log) => log.filter(({ number }) => number !== 2)],
    ["records in another order", (log: Log) => log.toReversed()],
  ])("finds %s in the queue's log", async (_, tamper) => {
    const { exitCode, said } = await withQueueLog(tamper(queueLog()), async (env) => {
      return await run(["verify", "queue"], env);
    });
    expect(exitCode).toBe(1);
    expect(said).toMatch(/^NOT {2}audit: broken at record \d/);
  });

  it("finds that the end of the queue's log was cut off, by the head kept elsewhere", async () => {
    const whole = queueLog();
    const { exitCode, said } = await withQueueLog(whole.slice(0, 2), async (env) => {
      return await run(["verify", "queue", "--head", whole[2]?.hash ?? ""], env);
    });
    expect(exitCode).toBe(1);
    expect(said).toContain("was cut");
  });

  it("takes a folder by any of its names", async () => {
    const { folder } = await exported([]);
    for (const name of [relative(process.cwd(), folder), `${folder}/`, `${folder}/../run`]) {
      expect((await run(["verify", name])).exitCode).toBe(0);
    }
  });

  it("says what is wrong where, with exit code 1", async () => {
    const { folder } = await exported([
      { type: "GetFile", fileName: null, chunks: [Buffer.from("bytes")] },
    ]);
    const manifest = join(folder, "manifest.json");
    writeFileSync(manifest, readFileSync(manifest, "utf8").replace('"size": 5', '"size": 6'));
    const { exitCode, said } = await run(["verify", folder]);
    expect(exitCode).toBe(1);
    expect(said).toContain("NOT  manifest.json: broken at entry 1: entry 1 was changed");
    expect(said).toContain("0-0.bin: has 5 bytes; entry 1 of the manifest says 6");
  });

  it("never overwrites, and never shows the key", async () => {
    const folder = join(temporaryFolder(), "run");
    mkdirSync(folder);
    writeFileSync(join(folder, "mine.txt"), "mine");
    const env = { LRQ_URL: "http://127.0.0.1:9", LRQ_KEY: KEY };
    expect((await run(["export", RUN_ID, folder], env)).exitCode).toBe(2);
    const refused = await run(["export", RUN_ID, `${folder}-2`], env);
    expect(refused).toMatchObject({ exitCode: 3, said: "" });
    expect(JSON.stringify(refused)).not.toContain(KEY);
  });

  it("is described on the page about evidence with all its verbs", () => {
    const evidence = page("docs/evidence.md");
    for (const verb of ["npx lrq export RUN", "npx lrq verify RUN", "--head HASH"]) {
      expect(evidence).toContain(verb);
    }
  });
});
