const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * A time as Defender writes it (ISO 8601, up to seven fraction digits) in epoch milliseconds, or
 * null. A time without a zone is read as UTC, because the names of the fields say so. A time before
 * 1970 means "never" in .NET.
 */
export function instantMs(text: string | null): number | null {
  const [, seconds, fraction = "", zone = "Z"] = INSTANT.exec(text ?? "") ?? [];
  if (seconds === undefined) return null;
  const ms = Date.parse(`${seconds}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(ms) || ms < 0 ? null : ms;
}
