import type { CustodyFields } from "../../evidence/custody.ts";
import { digesting, type Digest, type DigestOptions } from "../../evidence/digest.ts";
import { resultPath } from "../../evidence/paths.ts";
import { excerpt, reportedName } from "../../evidence/reported-text.ts";
import { MAX_SCRIPT_RESULT_BYTES, parseScriptResult } from "../../evidence/script-result.ts";
import { filesOfAction } from "../../ledger/sequence/claims.ts";
import type { SequenceRecord, SequenceResult } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { NotYet } from "../../limits/pace/next-try.ts";
import type { Download, Ports, Reply } from "../../ports.ts";
import { noteAnswer } from "../../store/note-lockout.ts";
import { spendRead } from "../../store/spend-read.ts";

type FetchPorts = Pick<Ports, "ledger" | "evidence" | "defender" | "clock" | "random" | "log">;

/** The result of one try to fetch one result. */
export type Fetched =
  | {
      readonly kind: "stored";
      readonly result: SequenceResult;
      readonly fields: Pick<
        CustodyFields,
        "command" | "storedAs" | "servedName" | "size" | "sha256" | "content" | "clockOffset"
      >;
    }
  | NotYet
  | { readonly kind: "noBudget" };

/**
 * The most characters of a script's output and errors in the record, and of all scripts of a
 * sequence together (a row takes 450,000); all of it is in the evidence store.
 */
const EXCERPT_CHARACTERS = 2_000;
const EXCERPTS_CHARACTERS = 100_000;
const DETAIL_CHARACTERS = 500;
/** File systems allow names of 255 characters; a longer name is no real one. */
const NAME_CHARACTERS = 255;

/**
 * One link, one pass over the bytes, one file; a link that has ended is replaced once in the same
 * try.
 */
export async function fetchResult(
  ports: FetchPorts,
  limits: Limits,
  record: SequenceRecord,
  owed: SequenceResult,
): Promise<Fetched> {
  for (const lastChance of [false, true]) {
    if (!(await spendRead(ports, limits, "link"))) return { kind: "noBudget" };
    const askedAtMs = ports.clock.earliest();
    const link = await ports.defender.resultLink(owed.actionId, owed.index);
    const answeredAtMs = ports.clock.latest();
    const wasRefused = owed.tries > 0;
    await noteAnswer(ports, limits, { call: "link", reply: link, wasRefused });
    if (link.kind !== "answered") return notYet(link, saysNone(link) ? "none" : "unknown");
    const download = await ports.defender.download(link.value);
    if (download.kind === "answered") {
      const clockOffset = offsetOf(link.dateMs, askedAtMs, answeredAtMs);
      return await store(ports, { record, owed, clockOffset }, download.value);
    }
    const isDead = download.kind === "absent" || download.kind === "refused";
    if (!isDead || lastChance) {
      return notYet(download, download.kind === "absent" ? "none" : "some");
    }
  }
  throw new Error("the second link is the last chance");
}

/**
 * 404 and the other documented 4xx are Defender's own word on this result. 401 and 403 are about
 * our access, and a link to another host is about the link.
 */
function saysNone(link: Unanswered): boolean {
  if (link.kind !== "refused") return link.kind === "absent";
  const { httpStatus } = link;
  return httpStatus >= 400 && httpStatus !== 401 && httpStatus !== 403;
}

type Unanswered = Exclude<Reply<unknown>, { kind: "answered" }>;

function notYet(reply: Unanswered, has: NotYet["has"]): NotYet {
  const retryAfterMs = reply.kind === "throttled" ? reply.retryAfterMs : null;
  const said = reply.kind === "throttled" ? "Defender asked lrq to wait (429)." : reply.detail;
  return { kind: "notYet", detail: said.slice(0, DETAIL_CHARACTERS), has, retryAfterMs };
}

/** Defender's clock minus ours. Its Date is in whole seconds, and it answered while lrq waited. */
function offsetOf(
  dateMs: number | undefined,
  askedAtMs: number,
  answeredAtMs: number,
): CustodyFields["clockOffset"] {
  if (dateMs === undefined) return null;
  const least = dateMs - answeredAtMs;
  const most = dateMs + 1_000 - askedAtMs;
  return { ms: Math.round((least + most) / 2), withinMs: Math.ceil((most - least) / 2) };
}

/** The result to fetch, and the other fields of its custody entry. */
interface Wanted {
  readonly record: SequenceRecord;
  readonly owed: SequenceResult;
  readonly clockOffset: CustodyFields["clockOffset"];
}

async function store(
  { evidence }: FetchPorts,
  wanted: Wanted,
  download: Download,
): Promise<Fetched> {
  const { record, owed } = wanted;
  const path = resultPath(record.sequenceId, owed.part, owed.index);
  const keepBytes = owed.type === "RunScript" ? MAX_SCRIPT_RESULT_BYTES + 1 : 0;
  const { fileName: servedName } = download;
  const named = { servedName, keepBytes };
  // An earlier try may have stored the file. Then its gigabytes are not read again.
  if (owed.tries > 0) {
    const before = await evidence.open(path);
    if (before !== null) {
      await leave(download.content);
      return described(wanted, path, servedName, await digested(before.content, named));
    }
  }
  const source = watched(download.content);
  const flowing = digesting(source.content, named);
  let put: "written" | "exists";
  try {
    put = await evidence.put(path, flowing.content);
  } catch (error) {
    if (!source.broke()) throw error;
    const detail = "The download of the result stopped early.";
    return { kind: "notYet", detail, has: "some", retryAfterMs: null };
  }
  if (put === "written") return described(wanted, path, servedName, flowing.result());
  // Another try stored the file first. The stored bytes count.
  const there = await evidence.open(path);
  if (there === null) throw new Error(`${path} is said to exist, but cannot be opened`);
  return described(wanted, path, servedName, await digested(there.content, named));
}

async function digested(
  content: AsyncIterable<Uint8Array>,
  options: DigestOptions,
): Promise<Digest> {
  const flowing = digesting(content, options);
  for await (const _ of flowing.content);
  return flowing.result();
}

/** Ends a download that is not needed; reading its first piece is enough to close it. */
async function leave(content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of content) break;
  } catch {
    return;
  }
}

function described(
  { record, owed, clockOffset }: Wanted,
  path: string,
  reported: string | null,
  digest: Digest,
): Fetched {
  const { size, sha256 } = digest;
  const servedName = reported === null ? null : reportedName(reported, NAME_CHARACTERS);
  const content = digest.inner;
  const result: SequenceResult = {
    ...owed,
    state: "stored",
    tries: owed.tries + 1,
    detail: digest.note,
    dueAtMs: null,
    absentSinceMs: null,
    path,
    servedName,
    size,
    sha256,
    content,
    script: owed.type === "RunScript" ? scriptOf(digest, excerptCharacters(record)) : null,
  };
  const command = custodyCommand(record, owed);
  return {
    kind: "stored",
    result,
    fields: { command, storedAs: path, servedName, size, sha256, content, clockOffset },
  };
}

function excerptCharacters({ parts }: SequenceRecord): number {
  const scripts = parts.flat().filter(({ type }) => type === "RunScript").length;
  return Math.min(EXCERPT_CHARACTERS, Math.floor(EXCERPTS_CHARACTERS / Math.max(1, 2 * scripts)));
}

function scriptOf(digest: Digest, characters: number): SequenceResult["script"] {
  const read = parseScriptResult(digest.start);
  if (read.kind === "unreadable") return null;
  return {
    exitCode: read.exitCode,
    output: excerpt(read.output?.text ?? "", characters).text,
    errors: excerpt(read.errors?.text ?? "", characters).text,
  };
}

function custodyCommand(record: SequenceRecord, owed: SequenceResult): CustodyFields["command"] {
  const command = record.parts[owed.part]?.[owed.index];
  switch (command?.type) {
    case "RunScript": {
      const { scriptName, args } = command;
      const files = filesOfAction(record, owed)?.files ?? [];
      const scriptSha256 = files.find(({ name }) => name === scriptName)?.sha256 ?? null;
      return { type: "RunScript", scriptName, args, scriptSha256 };
    }
    case "GetFile":
      return { type: "GetFile", path: command.path };
    case "PutFile":
    case undefined:
      throw new Error("only RunScript and GetFile have results");
  }
}

/**
 * The content, and `broke`: true if the download broke. Then nothing of it becomes visible, and it
 * is tried again.
 */
function watched(content: AsyncIterable<Uint8Array>): {
  content: AsyncIterable<Uint8Array>;
  broke: () => boolean;
} {
  let reading = true;
  async function* flow(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      // An error while the store has the chunk is the store's, not the download's.
      reading = false;
      yield chunk;
      reading = true;
    }
    reading = false;
  }
  return { content: flow(), broke: () => reading };
}
