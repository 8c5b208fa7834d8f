/** One message on its way out; `url` and `headers` can hold secrets and are not for logs. */
export interface CallbackRequest {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the app's identity goes with it: to Azure's management API, and to nobody else. */
  readonly withIdentity: boolean;
}

/** What sending came to, once. Redirects are answers; nobody follows them. */
export type CallbackAnswer =
  | { readonly kind: "answered"; readonly httpStatus: number; readonly retryAfterMs: number | null }
  /** The name leads to an address that nothing is sent to; nothing was. */
  | { readonly kind: "refusedAddress"; readonly detail: string }
  /** No answer: it may have arrived all the same. */
  | { readonly kind: "unavailable"; readonly detail: string };
