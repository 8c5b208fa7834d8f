/**
 * An instant as .NET writes it in JSON: `2026-11-28T04:12:43+00:00`, with a fraction only when
 * there is one.
 */
export function dotnetTime(at: Date | number): string {
  return new Date(at).toISOString().replace(/\.?0*Z$/, "+00:00");
}
