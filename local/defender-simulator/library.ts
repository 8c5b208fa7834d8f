import { authorize } from "./access.ts";
import { apiError, odata } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import type { FormPart } from "./multipart.ts";
import type { LibraryRecord } from "./state.ts";
import { libraryBytes, libraryFile, sha256Hex } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

const ROLES = ["Library.Manage"];

/** GET libraryfiles; no paging is documented. */
export function listLibrary(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, ROLES);
  if (access.kind === "refused") return access.answer;
  const value = Object.values(tenant.state.library).map(libraryEntity);
  return odata(200, "LibraryFiles", { value });
}

/** POST libraryfiles: the part named `file`, and the fields that say how to keep it. */
export function uploadToLibrary(tenant: Tenant, call: Call): Answer {
  const access = authorize(tenant, call, ROLES);
  if (access.kind === "refused") return access.answer;
  const parts = call.form;
  const file = parts?.find((part) => part.name.toLowerCase() === "file");
  const refuse = (code: string, message: string) => apiError(tenant, 400, code, message);
  if (parts === null || file?.fileName === undefined || file.fileName === null) {
    return refuse("InvalidRequestBody", "The form has no part named file with a filename");
  }
  const { fileName, content } = file;
  if (!/^[A-Za-z0-9._-]+$/.test(fileName)) {
    return refuse("InvalidInput", `${fileName} is not a name for a library file`);
  }
  const { libraryFileBytes: most, libraryBytes: mostInAll } = tenant.rules.limits;
  if (content.length > most) return refuse("InvalidInput", "The file is larger than 20 MB");
  if (libraryBytes(tenant, fileName) + content.length > mostInAll) {
    return refuse("InvalidInput", "The library has no room for the file");
  }
  const before = libraryFile(tenant, fileName);
  if (before !== null && field(parts, "OverrideIfExists").toLowerCase() !== "true") {
    return refuse("InvalidInput", `${fileName} already exists`);
  }
  const record: LibraryRecord = {
    fileName,
    base64: Buffer.from(content).toString("base64"),
    sha256: sha256Hex(content),
    description: field(parts, "Description") || null,
    createdAtMs: before?.createdAtMs ?? call.nowMs,
    updatedAtMs: call.nowMs,
    createdBy: access.caller.requestor,
    hasParameters: field(parts, "HasParameters").toLowerCase() === "true",
    parametersDescription: field(parts, "ParametersDescription") || null,
  };
  tenant.state.library[fileName] = record;
  tenant.changed = true;
  return odata(200, "LibraryFiles/$entity", libraryEntity(record));
}

/** DELETE libraryfiles/{fileName}: 204, or 404 when it is not there. */
export function deleteFromLibrary(tenant: Tenant, call: Call, fileName: string): Answer {
  const access = authorize(tenant, call, ROLES);
  if (access.kind === "refused") return access.answer;
  if (libraryFile(tenant, fileName) === null) {
    return apiError(tenant, 404, "ResourceNotFound", `${fileName} is not in the library`);
  }
  delete tenant.state.library[fileName];
  tenant.changed = true;
  return { status: 204, headers: {}, body: "" };
}

function field(parts: readonly FormPart[], name: string): string {
  const part = parts.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  return part === undefined ? "" : new TextDecoder().decode(part.content).trim();
}

function libraryEntity(record: LibraryRecord): Record<string, unknown> {
  const { fileName, sha256, description, createdBy, hasParameters, parametersDescription } = record;
  return {
    fileName,
    sha256,
    description,
    creationTime: new Date(record.createdAtMs).toISOString(),
    lastUpdatedTime: new Date(record.updatedAtMs).toISOString(),
    createdBy,
    hasParameters,
    parametersDescription,
  };
}
