/**
 * A credential of Azure's identity library, as far as the storage clients use it; made in `app.ts`,
 * passed on here.
 */
export interface Credential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/**
 * How the one storage account is reached: with a connection string, or with an identity at its
 * three addresses.
 */
export type StorageAccess =
  | { readonly kind: "connectionString"; readonly connectionString: string }
  | {
      readonly kind: "identity";
      readonly blobUrl: string;
      readonly queueUrl: string;
      readonly tableUrl: string;
      readonly credential: Credential;
    };

/** Does `act`; if what it needs was never created, creates it and does it once more. */
export async function creating<T>(
  missingCode: string,
  create: () => Promise<unknown>,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (codeOf(error) !== missingCode) throw error;
    await create();
    return await act();
  }
}

/**
 * The storage service's error code, such as `TableNotFound`, or "" if the error is none of the
 * service's.
 */
export function codeOf(error: unknown): string {
  if (!isObject(error)) return "";
  const details = isObject(error["details"]) ? error["details"] : {};
  const odata = isObject(details["odataError"]) ? details["odataError"] : {};
  return text(odata["code"]) || text(details["errorCode"]) || text(error["code"]);
}

/** The HTTP status of a storage error, or 0. */
export function statusOf(error: unknown): number {
  return isObject(error) && typeof error["statusCode"] === "number" ? error["statusCode"] : 0;
}

/** The names of errors of Azure's identity library when no token is to be had. */
const WITHOUT_TOKEN = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);
/** Answers that say that we are not let in, or not now; the others say that we asked wrongly. */
const REFUSES_FOR_NOW = new Set([401, 403, 408, 429]);

/**
 * True of an error that storage, or the way to it, is the cause of: it did not answer, answers that
 * it cannot, or lets nobody in. False of a request it finds wrong, and of everything else.
 */
export function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (WITHOUT_TOKEN.has(error.name)) return true;
  if (error.name !== "RestError") return false;
  const status = statusOf(error);
  const isBeingDeleted = codeOf(error).endsWith("BeingDeleted");
  return status === 0 || status >= 500 || REFUSES_FOR_NOW.has(status) || isBeingDeleted;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
