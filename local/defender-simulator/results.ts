import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { apiError, odata } from "./answer.ts";
import type { Answer, ByteStream, Call } from "./answer.ts";
import { archiveFor } from "./archive.ts";
import { fileBytes, fileLabel, gathered, storedGzip } from "./generated-bytes.ts";
import { commandViews } from "./machine-actions.ts";
import { guid, hex } from "./random.ts";
import { rowsFile } from "./rows-file.ts";
import { samePath } from "./schedule.ts";
import type { ActionRecord, CommandResult } from "./state.ts";
import { complain, machineOf } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/** The first part of a result link's path, as in published links. */
export const BLOB_ROOT = "investigation-actions-data";

/** A fresh link to one command's result, or why there is none. */
export function resultLink(
  tenant: Tenant,
  call: Call,
  action: ActionRecord,
  index: number,
): Answer {
  const refusal = resultRefusal(tenant, action, index, call.nowMs);
  if (refusal !== null) {
    const { noResultStatus } = tenant.rules.switches;
    const code = noResultStatus === 404 ? "ResourceNotFound" : "BadRequest";
    return apiError(tenant, noResultStatus, code, refusal);
  }
  const { rules, url } = tenant;
  // The expiry is written in whole seconds; rounding up never cuts the promised time.
  const expiresAtMs = Math.ceil((call.nowMs + rules.ms(rules.timings.linkSeconds)) / 1_000) * 1_000;
  const expiry = new Date(expiresAtMs).toISOString().replace(".000Z", "Z");
  const path = blobPath(tenant, action, index);
  const query = new URLSearchParams({
    se: expiry,
    sp: "r",
    sv: "2019-07-07",
    sr: "b",
    sig: signature(tenant, path, expiry),
  });
  return odata(200, "Edm.String", { value: `${url}${path}?${query.toString()}` });
}

/** The blob behind a link: what the storage service answers, in its own XML when it refuses. */
export function download(tenant: Tenant, call: Call): Answer {
  if (call.headers["authorization"] !== undefined) {
    complain(tenant, "A download carried an Authorization header");
    return blobError(400, "InvalidAuthenticationInfo", "Authentication is given in two ways");
  }
  const expiry = call.query.get("se") ?? "";
  const signed = call.query.get("sig") === signature(tenant, call.path, expiry);
  if (!signed || Date.parse(expiry) <= call.nowMs) {
    return blobError(403, "AuthenticationFailed", "The signature is not valid, or not any more");
  }
  const [, , actionId] = call.path.split("/");
  const action = tenant.state.actions.find(({ id }) => id === actionId);
  const index = action?.commands.findIndex((_, at) => blobPath(tenant, action, at) === call.path);
  if (action === undefined || index === undefined || index < 0) return blobNotFound();
  if (resultRefusal(tenant, action, index, call.nowMs) !== null) return blobNotFound();
  const result = action.schedule?.runs[index]?.result ?? null;
  return result === null ? blobNotFound() : blobOf(tenant, action, result);
}

/** Answers in the storage service's own shape. */
export function blobError(status: number, code: string, message: string): Answer {
  const text = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    status,
    headers: { "Content-Type": "application/xml", "x-ms-error-code": code },
    body: `\uFEFF<?xml version="1.0" encoding="utf-8"?>${text}`,
  };
}

function blobNotFound(): Answer {
  return blobError(404, "BlobNotFound", "The specified blob does not exist.");
}

function resultRefusal(
  tenant: Tenant,
  action: ActionRecord,
  index: number,
  nowMs: number,
): string | null {
  const { rules } = tenant;
  const { switches } = rules;
  const view = commandViews(tenant, action, nowMs)[index];
  if (view === undefined) return `There is no command ${index}`;
  if (view.command.type === "PutFile") return "PutFile has no result";
  if (view.ended === null) return `The result of command ${index} is not ready`;
  const { result, endAtMs } = view.ended;
  const wanted = view.error === null || switches.failedScriptHasResult;
  if (result === null || !wanted) return `Command ${index} failed and has no result`;
  const lagMs = rules.drawMs(switches.resultAfterSeconds, "result", action.ordinal, index);
  if (endAtMs + lagMs > nowMs) return `The result of command ${index} is not ready`;
  const keptMs = rules.ms(switches.resultRetentionSeconds ?? Number.POSITIVE_INFINITY);
  if (action.end !== null && action.end.atMs + keptMs <= nowMs) return "The result is gone";
  return null;
}

function blobPath(tenant: Tenant, action: ActionRecord, index: number): string {
  const name = guid(tenant.rules.seed, "blob", action.ordinal, index);
  return `/${BLOB_ROOT}/${action.id}/CustomPlaybookCommandOutput/${name}`;
}

function signature(tenant: Tenant, path: string, expiry: string): string {
  const key = `simulated storage ${tenant.rules.seed}`;
  return createHmac("sha256", key).update(`${path}\n${expiry}`).digest("base64");
}

function blobOf(tenant: Tenant, action: ActionRecord, result: CommandResult): Answer {
  const { switches } = tenant.rules;
  const headers = {
    "Content-Type": switches.blobContentType,
    "Accept-Ranges": "bytes",
    "x-ms-blob-type": "BlockBlob",
  };
  if (result.kind === "script") return { status: 200, headers, body: scriptJson(tenant, result) };
  const plain = fetchedFile(tenant, action, result);
  if (plain === null) return blobNotFound();
  const zipped = switches.fileResult === "gzip";
  const name = encodeURIComponent(result.path.split(/[\\/]/).at(-1) ?? "") + (zipped ? ".gz" : "");
  return {
    status: 200,
    headers: { ...headers, "Content-Disposition": `attachment; filename="${name}"` },
    body: zipped ? gzipped(plain) : plain,
  };
}

/**
 * Smaller files are really compressed, larger ones stored, so that their length is known at once.
 */
const COMPRESS_BYTES_MOST = 1_048_576;

function gzipped(plain: ByteStream): Uint8Array | ByteStream {
  return plain.length > COMPRESS_BYTES_MOST ? storedGzip(plain) : gzipSync(gathered(plain));
}

function scriptJson(tenant: Tenant, result: CommandResult & { kind: "script" }): string {
  const shape = tenant.rules.switches.scriptResult;
  const output = shape === "plain" ? result.output : `${result.output}\u0000\u0000\u0000`;
  const { scriptName, exitCode, errors } = result;
  const text =
    shape === "names2021"
      ? { name: scriptName, exit_code: exitCode, script_output: output, script_error: errors }
      : {
          script_name: scriptName,
          exit_code: exitCode,
          script_output: output,
          script_errors: errors,
        };
  const json = JSON.stringify(text);
  return shape === "rawNewline" ? json.replaceAll("\\n", "\n") : json;
}

function fetchedFile(
  tenant: Tenant,
  action: ActionRecord,
  result: CommandResult & { kind: "file" },
): ByteStream | null {
  const machine = machineOf(tenant, action);
  if (machine === null) return null;
  const { path, origin } = result;
  const files =
    origin.from === "machine"
      ? machine.files
      : (tenant.madeFiles.get(origin.ordinal) ?? machine.scripts?.[origin.scriptName]?.creates);
  const found = Object.entries(files ?? {}).find(([name]) => samePath(name, path));
  const { seed } = tenant.rules;
  if (found !== undefined) return fileBytes(seed, fileLabel(machine.id, found[0]), found[1]);
  if (origin.from === "machine") return null;
  const maker = tenant.state.actions.find(({ ordinal }) => ordinal === origin.ordinal) ?? action;
  const listed = rowsFile(tenant, { machine, action: maker }, origin.scriptName);
  if (listed !== null) return fileBytes(seed, "", { content: listed.content });
  const about = `Collected from ${machine.computerDnsName} by ${origin.scriptName}.\n`;
  const sample = hex(seed, 4_096, "sample", origin.ordinal);
  const content = archiveFor(path, [
    { name: "about.txt", content: Buffer.from(about) },
    { name: "sample.bin", content: Buffer.from(sample, "hex") },
  ]);
  return fileBytes(seed, "", { content });
}
