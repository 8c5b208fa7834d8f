/** The wait a `Retry-After` in seconds asks for; null for none, and for one in another form. */
export function retryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : null;
}
