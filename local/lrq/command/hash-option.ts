import { UsageError } from "./stop.ts";
import type { Asked } from "./verb.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** The value of an option that takes a SHA-256; null if it was not given. */
export function hashIn(asked: Asked, name: string): string | null {
  const text = asked.text(name);
  if (text === null || SHA256.test(text)) return text;
  throw new UsageError(`--${name} takes 64 lower-case hex digits`);
}
