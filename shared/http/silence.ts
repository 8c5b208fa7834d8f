/**
 * Why no answer came, in a few words. Only names and codes, never a message: the platform's
 * messages can hold the address, and an address can hold a signature.
 */
export function silenceText(error: unknown): string {
  if (!(error instanceof Error)) return "the connection broke";
  if (error.name === "TimeoutError") return "no answer in time";
  if (error.name === "TooLateError") return "no connection was ready in time";
  const code = codeOf(error.cause) ?? codeOf(error);
  return code === null ? "the connection broke" : `the connection broke (${code})`;
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
