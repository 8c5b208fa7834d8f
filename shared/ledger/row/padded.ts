/** The digits of an instant in a key: epoch milliseconds until the year 2286. */
export const INSTANT_DIGITS = 13;
const LAST_INSTANT = 10 ** INSTANT_DIGITS - 1;

/** A number in a key, with zeros before it. Throws if it has more digits. */
export function padded(value: number, digits: number): string {
  const text = Math.max(0, Math.floor(value)).toString();
  // Beyond 21 digits a number is written with an exponent, and NaN with letters. Both are short
  // enough but no key.
  if (!/^\d+$/.test(text) || text.length > digits) {
    throw new Error(`${value} does not fit in ${digits} digits of a key`);
  }
  return text.padStart(digits, "0");
}

/** An instant (epoch milliseconds) in a key that sorts the latest first. */
export function newestFirst(atMs: number): string {
  return padded(LAST_INSTANT - Math.floor(atMs), INSTANT_DIGITS);
}
