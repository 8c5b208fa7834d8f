/**
 * A credential of Azure's identity library, with what the storage clients use of it. `app.ts` makes
 * it, and this file passes it on.
 */
export interface Credential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/**
 * How to reach the one storage account: with a connection string, or with an identity at its three
 * addresses.
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

/**
 * Does `act`. If the table, queue or container does not exist, it creates it and does `act` once
 * more.
 */
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
 * The storage service's error code, such as `TableNotFound`; "" if the error is not from the
 * service.
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

/** The names of the errors of Azure's identity library when it gets no token. */
const WITHOUT_TOKEN = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);
/**
 * Answers by which the service refuses us, or cannot answer now; all others say that our request is
 * wrong.
 */
const REFUSES_FOR_NOW = new Set([401, 403, 408, 429]);

/**
 * True if storage, or the way to it, caused the error: it did not answer, it answered that it
 * cannot, or it refused us. False for a request that it calls wrong, and for everything else.
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
