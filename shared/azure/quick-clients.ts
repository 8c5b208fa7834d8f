import { TableClient, type TableServiceClientOptions } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { QueueClient } from "@azure/storage-queue";
import { codeOf, statusOf, type StorageAccess } from "./access.ts";

/** A doctor does not wait long: one repetition, and ten seconds for each try. */
const RETRIES = 1;
const TRY_TIMEOUT_MS = 10_000;
const QUICK = {
  retryOptions: { maxRetries: RETRIES, maxTries: RETRIES, tryTimeoutInMs: TRY_TIMEOUT_MS },
};

/** With other `options` it may be as patient as the client is by itself. */
export function tableAt(
  access: StorageAccess,
  name: string,
  options: TableServiceClientOptions = QUICK,
): TableClient {
  return access.kind === "identity"
    ? new TableClient(access.tableUrl, name, access.credential, options)
    : TableClient.fromConnectionString(access.connectionString, name, {
        ...options,
        allowInsecureConnection: access.connectionString.includes("http://"),
      });
}

export function queueAt(access: StorageAccess, name: string): QueueClient {
  return access.kind === "identity"
    ? new QueueClient(`${access.queueUrl}/${name}`, access.credential, QUICK)
    : new QueueClient(access.connectionString, name, QUICK);
}

export function containerAt(access: StorageAccess, name: string): ContainerClient {
  return access.kind === "identity"
    ? new ContainerClient(`${access.blobUrl}/${name}`, access.credential, QUICK)
    : new ContainerClient(access.connectionString, name, QUICK);
}

/** What the service made of a request that could not succeed. */
export type Refusal =
  /** It was looked at: the right for it is there. */
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly code: string }
  | { readonly kind: "unreachable"; readonly why: string };

/**
 * Does `act` and tells how it was refused: 404 and 412 mean that it was allowed, and that there was
 * nothing to do it to.
 */
export async function refusalOf(act: () => Promise<unknown>): Promise<Refusal> {
  try {
    await act();
    return { kind: "allowed" };
  } catch (error) {
    const status = statusOf(error);
    if (status === 401 || status === 403) return { kind: "denied", code: codeOf(error) };
    if (status >= 400 && status < 500) return { kind: "allowed" };
    // Names and codes only: a message can hold an address, and an address a signature.
    const why = codeOf(error) || (error instanceof Error ? error.name : "no answer");
    return { kind: "unreachable", why: status === 0 ? why : `HTTP ${status} ${why}` };
  }
}
