import { createHash } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { auditText, indexText, manifestText, sumsText } from "../../../local/lrq/custody-folder.ts";
import { statementSchema } from "../../../shared/evidence/statement.ts";
import { canonicalJson } from "../../../shared/plan/canonical-json.ts";

// What a forger has in hand: JSON, of whatever form.
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

/** An exported folder as its forger sees it: everything can be changed, and chained anew. */
export interface Forged {
  readonly folder: string;
  readonly entries: Loose[];
  readonly records: Loose[];
  readonly seals: Loose[];
  /** What the queue decided, sequence by sequence. */
  readonly decisions: Loose[];
  /** The first result that is a file of its own. */
  readonly result: string;
  /** Chains entries or records anew, as if nothing had ever been different. */
  readonly chain: (links: Loose[]) => void;
  /** Makes the last seal name the ends as they are by now. */
  readonly reseal: () => void;
  /** Changes a result, and all that is said of it in entries and seal. */
  readonly replace: (bytes: string) => void;
}

/** A forgery, and in which words it is said. */
export interface Forgery {
  readonly name: string;
  readonly forge: (forged: Forged) => void;
  /** Said by lrq; the other verifier says it in words of its own. */
  readonly says: RegExp;
  /** Those words, where it is not enough that it finds anything. */
  readonly saysInPython?: RegExp;
  /** True if nothing but the hash of the seal, kept elsewhere, can find it. */
  readonly needsHead?: boolean;
}

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Opens a folder for a forgery, and closes it with index and sums that fit what was made of it. */
export function forgeIn(folder: string, forge: Forgery["forge"]): void {
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const manifest: Loose = JSON.parse(read("manifest.json"));
  const records: Loose[] = linesIn(read("audit.jsonl"));
  const decisions: Loose[] = linesIn(read("decisions.jsonl"));
  const names = readdirSync(folder).filter((name) => name.startsWith("seal-"));
  const seals: Loose[] = names.toSorted().map((name) => JSON.parse(read(name)));
  const { entries } = manifest;
  const forged: Forged = {
    folder,
    entries,
    records,
    seals,
    decisions,
    result: entries[0].storedAs,
    chain: (links) => {
      let previous = "0".repeat(64);
      for (const [place, link] of links.entries()) {
        Object.assign(link, { number: place + 1, previous });
        const { hash: _, ...members } = link;
        previous = sha256(canonicalJson(members));
        link.hash = previous;
      }
    },
    reseal: () => {
      const last = seals.at(-1);
      last.custody = endOf(entries);
      last.audit = endOf(records);
      for (const each of last.sequences) {
        each.decisions = endOf(decisions.filter((one) => one.sequenceId === each.sequenceId));
      }
    },
    replace: (bytes) => {
      const about = { size: Buffer.byteLength(bytes), sha256: sha256(bytes) };
      writeFileSync(join(folder, entries[0].storedAs), bytes);
      Object.assign(entries[0], about, { content: null });
      const commands = seals.at(-1).sequences.flatMap((each: Loose) => each.commands);
      const of = commands.find((each: Loose) => each.result?.storedAs === entries[0].storedAs);
      Object.assign(of.result, about);
    },
  };
  forge(forged);
  const head = endOf(entries).head;
  writeFileSync(join(folder, "manifest.json"), manifestText({ ...manifest, head }));
  writeFileSync(join(folder, "audit.jsonl"), auditText(records));
  writeFileSync(join(folder, "decisions.jsonl"), auditText(decisions));
  for (const name of names) rmSync(join(folder, name), { force: true });
  for (const [place, seal] of seals.entries()) {
    writeFileSync(join(folder, `seal-${place + 1}.json`), canonicalJson(seal));
  }
  writeIndex(forged, manifest.runId);
  writeSums(folder);
}

function linesIn(text: string): Loose[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function endOf(links: Loose[]): { count: number; head: string } {
  return { count: links.length, head: links.at(-1)?.hash ?? "0".repeat(64) };
}

/** A forger has lrq, too: the index is what lrq makes of the rest, whatever that says. */
function writeIndex({ folder, entries, records, seals }: Forged, runId: string): void {
  const of = seals.length === 0 ? null : { seals: sealed(seals), last: asRead(seals.at(-1)) };
  const index = { runId, entries, audit: endOf(records), statements: of };
  writeFileSync(join(folder, "index.json"), indexText(index));
}

function sealed(seals: Loose[]) {
  return seals.map((each) => ({ hash: sha256(canonicalJson(each)), statement: asRead(each) }));
}

/** With its members in the order of the schema, where it has the form. */
function asRead(seal: Loose): Loose {
  return statementSchema.safeParse(seal).data ?? seal;
}

function writeSums(folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const sums = new Map<string, string>();
  for (const name of names) {
    if (name === "SHA256SUMS" || !statSync(join(folder, name)).isFile()) continue;
    sums.set(name, sha256(readFileSync(join(folder, name))));
  }
  writeFileSync(join(folder, "SHA256SUMS"), sumsText(sums));
}

/** Forgeries of somebody who knows lrq well, and mends all sums and the index after each. */
export const FORGERIES: readonly Forgery[] = [
  {
    name: "an audit log cut to its first record",
    forge: ({ records }) => records.splice(1),
    says: /audit record \d+, which is not in the folder: the chain was cut off/,
  },
  {
    name: "an audit log cut, and the seal made to fit",
    forge: ({ records, reseal }) => {
      records.splice(1);
      reseal();
    },
    says: /has no approval by/,
  },
  {
    name: "a reading taken out of the log, which is chained anew",
    forge: ({ records, chain }) => {
      records.splice(
        records.findIndex(({ event }) => event === "cancelAsked"),
        1,
      );
      chain(records);
    },
    says: /not in the folder: the chain was cut off|written anew/,
  },
  {
    name: "the same, and sealed anew",
    forge: ({ records, chain, reseal }) => {
      records.splice(
        records.findIndex(({ event }) => event === "cancelAsked"),
        1,
      );
      chain(records);
      reseal();
    },
    says: /no seal has this hash/,
    needsHead: true,
  },
  {
    name: "the last custody entry cut, with its file",
    forge: ({ entries, folder }) => rmSync(join(folder, entries.pop().storedAs)),
    says: /custody entry \d+, which is not in the folder: the chain was cut off/,
  },
  {
    name: "the last custody entry cut, and the seal made to fit",
    forge: ({ entries, folder, reseal }) => {
      rmSync(join(folder, entries.pop().storedAs));
      reseal();
    },
    says: /which no entry of the manifest has/,
  },
  {
    name: "two files that changed places",
    forge: ({ folder, entries }) => {
      const [a, b] = entries.map(({ storedAs }) => join(folder, storedAs));
      renameSync(a ?? "", join(folder, "held"));
      renameSync(b ?? "", a ?? "");
      renameSync(join(folder, "held"), b ?? "");
    },
    says: /does not have the hash of entry 1/,
  },
  {
    name: "a result altered, its entry with it",
    forge: ({ entries, chain, replace }) => {
      replace("nothing to see here");
      chain(entries);
    },
    says: /has another hash of custody entry \d+ than the folder: the chain was written anew/,
  },
  {
    name: "a result altered and resealed, which its own reading contradicts",
    forge: ({ entries, chain, replace, reseal }) => {
      replace("nothing to see here");
      chain(entries);
      reseal();
    },
    says: /record \d+ tells of the reading of .*, which has another hash by now/,
  },
  {
    name: "a result altered in the file alone",
    forge: ({ folder, result }) => writeFileSync(join(folder, result), "nothing"),
    says: /does not have the hash of entry 1/,
  },
  {
    name: "another run's name on everything",
    forge: ({ entries, records, seals, chain, reseal }) => {
      for (const each of entries) each.runId = "1".repeat(20);
      for (const each of records) each.chain = "1".repeat(20);
      seals.at(-1).runId = "1".repeat(20);
      chain(entries);
      chain(records);
      reseal();
    },
    says: /belongs to another run/,
  },
  {
    name: "another run's seal",
    forge: ({ seals }) => {
      seals.at(-1).runId = "1".repeat(20);
    },
    says: /is of another run/,
  },
  {
    name: "a file that nobody collected",
    forge: ({ folder }) => writeFileSync(join(folder, "note.txt"), "from the analyst"),
    says: /note\.txt: is in no entry of the manifest/,
  },
  {
    name: "a link in the place of a result",
    forge: ({ folder, result }) => {
      rmSync(join(folder, result));
      symlinkSync("/etc/hostname", join(folder, result));
    },
    says: /is not a plain file/,
  },
  {
    name: "a failed sequence taken out of the seal",
    forge: ({ seals }) => {
      const last = seals.at(-1);
      last.sequences = last.sequences.filter((each: Loose) => each.state !== "failed");
    },
    says: /says that 3 sequences were asked for, and has 2/,
  },
  {
    name: "a failed sequence taken out of the seal and out of its count",
    forge: ({ seals }) => {
      const last = seals.at(-1);
      last.sequences = last.sequences.filter((each: Loose) => each.state !== "failed");
      last.accepted -= 1;
    },
    says: /no seal has this hash/,
    needsHead: true,
  },
  {
    name: "a failed sequence that is said to have succeeded",
    forge: ({ seals }) => {
      const failed = seals.at(-1).sequences.find((each: Loose) => each.state === "failed");
      Object.assign(failed, { state: "succeeded", outcome: null });
    },
    says: /has another end of \S+ than seal-1\.json, where it is succeeded/,
    saysInPython: /has another end of \S+ than seal-1\.json/,
  },
  {
    name: "a skipped machine that was never asked for",
    forge: ({ seals }) => {
      seals.at(-1).skipped = [];
    },
    says: /no seal has this hash/,
    needsHead: true,
  },
  {
    name: "another profile in an entry",
    forge: ({ entries, chain, reseal }) => {
      entries[0].profile.hash = "f".repeat(64);
      chain(entries);
      reseal();
    },
    says: /has another profile than seal-1\.json/,
  },
  {
    name: "another approver in entries and seal",
    forge: ({ entries, seals, chain, reseal }) => {
      for (const each of entries) each.approvedBy = ["mallory"];
      for (const each of seals.at(-1).sequences) {
        if (each.approvedBy.length > 0) each.approvedBy = ["mallory"];
      }
      chain(entries);
      reseal();
    },
    says: /has no approval by mallory/,
  },
  {
    name: "another approver in entries alone",
    forge: ({ entries, chain, reseal }) => {
      for (const each of entries) each.approvedBy = ["mallory"];
      chain(entries);
      reseal();
    },
    says: /has another approvedBy than/,
  },
  {
    name: "another requester in seal and entries",
    forge: ({ entries, seals, chain, reseal }) => {
      for (const each of entries) each.requestedBy = "mallory";
      seals.at(-1).requestedBy = "mallory";
      chain(entries);
      reseal();
    },
    says: /names analyst, not mallory/,
  },
  {
    name: "another requester of one sequence in seal and entries",
    forge: ({ entries, seals, chain, reseal }) => {
      const [sequence] = seals.at(-1).sequences;
      sequence.requestedBy = "mallory";
      for (const each of entries.filter(
        ({ sequenceId }: Loose) => sequenceId === sequence.sequenceId,
      )) {
        Object.assign(each, { requestedBy: "mallory", requestedAt: sequence.acceptedAt });
      }
      chain(entries);
      reseal();
    },
    says: /has no request by mallory/,
  },
  {
    name: "collected before it was asked for",
    forge: ({ entries, chain, reseal }) => {
      entries[0].collectedAt = "2026-11-01T00:00:00.000Z";
      chain(entries);
      reseal();
    },
    says: /has its times in no possible order/,
  },
  {
    name: "ended before it was accepted",
    forge: ({ seals }) => {
      seals.at(-1).sequences[0].endedAt = "2026-11-01T00:00:00.000Z";
    },
    says: /in no possible order/,
  },
  {
    name: "entries in another order",
    forge: ({ entries }) => entries.push(...entries.splice(0, entries.length - 1)),
    says: /is missing: here stands/,
  },
  {
    name: "no seal at all, as if lrq had known none",
    forge: ({ seals }) => seals.splice(0),
    says: /not at the expected/,
    needsHead: true,
  },
  {
    name: "a seal of an earlier moment that names nothing before it",
    forge: ({ seals }) => {
      seals.at(-1).seal = { number: 2, previous: "f".repeat(64) };
    },
    says: /does not name itself and the seal before it/,
  },
];
