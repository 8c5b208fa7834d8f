/** One message before it is sent; `url` and `headers` can hold secrets and are not for logs. */
export interface CallbackRequest {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the app's own token goes with it: only to Azure's management API. */
  readonly withIdentity: boolean;
}

/** The result of sending once. A redirect is an answer; it is not followed. */
export type CallbackAnswer =
  | { readonly kind: "answered"; readonly httpStatus: number; readonly retryAfterMs: number | null }
  /** The name leads to an address that callbacks may not go to; nothing was sent. */
  | { readonly kind: "refusedAddress"; readonly detail: string }
  /** No answer; the message may have arrived. */
  | { readonly kind: "unavailable"; readonly detail: string };
