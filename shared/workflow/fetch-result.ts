import type { CustodyFields } from "../evidence/custody.ts";
import { digesting, type Digest } from "../evidence/digest.ts";
import { resultPath } from "../evidence/paths.ts";
import { MAX_SCRIPT_RESULT_BYTES, parseScriptResult } from "../evidence/script-result.ts";
import type { SequenceRecord, SequenceResult } from "../ledger/sequence.ts";
import type { Limits } from "../limits/limits.ts";
import type { Command } from "../plan/command.ts";
import type { Download, Ports } from "../ports.ts";
import { spendRead } from "./spend-read.ts";

type FetchPorts = Pick<Ports, "ledger" | "evidence" | "defender" | "clock" | "random">;

/** What one try to get one result came to. */
export type Fetched =
  | {
      readonly kind: "stored";
      readonly result: SequenceResult;
      readonly fields: Pick<
        CustodyFields,
        "command" | "storedAs" | "servedName" | "size" | "sha256" | "content"
      >;
    }
  | { readonly kind: "notYet"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string }
  | { readonly kind: "noBudget" };

/**
 * Of a script's output and errors this much is kept in the record; all of it is in the evidence
 * store.
 */
const EXCERPT_CHARACTERS = 2_000;

/**
 * One link, one pass over the bytes, one file; a link that died is replaced once in the same try.
 */
export async function fetchResult(
  ports: FetchPorts,
  limits: Limits,
  record: SequenceRecord,
  owed: SequenceResult,
): Promise<Fetched> {
  for (const lastChance of [false, true]) {
    if (!(await spendRead(ports, limits, "link"))) return { kind: "noBudget" };
    const link = await ports.defender.resultLink(owed.actionId, owed.index);
    if (link.kind !== "answered") return noLink(record, owed, link);
    const download = await ports.defender.download(link.value);
    if (download.kind === "answered") return await store(ports, record, owed, download.value);
    const isDead = download.kind === "absent" || download.kind === "refused";
    if (!isDead || lastChance) return { kind: "notYet", detail: reasonOf(download) };
  }
  return { kind: "notYet", detail: "The result's link kept dying." };
}

function noLink(
  record: SequenceRecord,
  owed: SequenceResult,
  link: { kind: "throttled" | "absent" | "refused" | "unavailable"; detail?: string },
): Fetched {
  const status = record.progress.find(
    (each) => each.part === owed.part && each.index === owed.index,
  )?.status;
  // A 404 soon after success means "not yet" (seen); a command that failed may never have had a
  // result.
  return link.kind === "absent" && status !== "Completed"
    ? { kind: "unavailable", detail: "Defender has no result for this command." }
    : { kind: "notYet", detail: reasonOf(link) };
}

async function store(
  { evidence }: FetchPorts,
  record: SequenceRecord,
  owed: SequenceResult,
  download: Download,
): Promise<Fetched> {
  const path = resultPath(record.sequenceId, owed.part, owed.index);
  const keepBytes = owed.type === "RunScript" ? MAX_SCRIPT_RESULT_BYTES + 1 : 0;
  const { fileName: servedName } = download;
  const source = watched(download.content);
  const flowing = digesting(source.content, { servedName, keepBytes });
  let put: "written" | "exists";
  try {
    put = await evidence.put(path, flowing.content);
  } catch (error) {
    if (!source.broke()) throw error;
    return { kind: "notYet", detail: "The result's download broke off." };
  }
  if (put === "written") return described(record, owed, path, servedName, flowing.result());
  // A try before this one got as far as the file. What counts is what lies there.
  const there = await evidence.open(path);
  if (there === null) throw new Error(`${path} is said to exist, but cannot be opened`);
  const again = digesting(there.content, { servedName, keepBytes });
  for await (const _ of again.content);
  return described(record, owed, path, servedName, again.result());
}

function described(
  record: SequenceRecord,
  owed: SequenceResult,
  path: string,
  servedName: string | null,
  digest: Digest,
): Fetched {
  const { size, sha256 } = digest;
  const content = digest.inner;
  const result: SequenceResult = {
    ...owed,
    state: "stored",
    tries: owed.tries + 1,
    detail: digest.note,
    path,
    servedName,
    size,
    sha256,
    content,
    script: owed.type === "RunScript" ? scriptOf(digest) : null,
  };
  const command = custodyCommand(record.parts[owed.part]?.[owed.index]);
  return {
    kind: "stored",
    result,
    fields: { command, storedAs: path, servedName, size, sha256, content },
  };
}

function scriptOf(digest: Digest): SequenceResult["script"] {
  const read = parseScriptResult(digest.start);
  if (read.kind === "unreadable") return null;
  return {
    exitCode: read.exitCode,
    output: (read.output?.text ?? "").slice(0, EXCERPT_CHARACTERS),
    errors: (read.errors?.text ?? "").slice(0, EXCERPT_CHARACTERS),
  };
}

function custodyCommand(command: Command | undefined): CustodyFields["command"] {
  switch (command?.type) {
    case "RunScript": {
      const { scriptName, args } = command;
      return { type: "RunScript", scriptName, args, scriptSha256: null };
    }
    case "GetFile":
      return { type: "GetFile", path: command.path };
    case "PutFile":
    case undefined:
      throw new Error("only RunScript and GetFile have results");
  }
}

/**
 * The content, and whether it was the download that broke: then nothing of it becomes visible, and
 * it is tried again.
 */
function watched(content: AsyncIterable<Uint8Array>): {
  content: AsyncIterable<Uint8Array>;
  broke: () => boolean;
} {
  let reading = true;
  async function* flow(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      // Whatever fails while the store holds the chunk is the store's fault, not the download's.
      reading = false;
      yield chunk;
      reading = true;
    }
    reading = false;
  }
  return { content: flow(), broke: () => reading };
}

function reasonOf(reply: { kind: string; detail?: string }): string {
  return (reply.detail ?? `Defender's answer: ${reply.kind}`).slice(0, 500);
}
