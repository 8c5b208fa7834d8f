/**
 * Seeded draws without a generator to keep: a value depends only on the seed and on the labels that
 * say what it is for, so a simulator that was killed and started again draws the same. Labels are
 * hashed (cyrb128), the hash seeds sfc32; both are public domain, small and good enough for jitter,
 * ids and faults.
 */
export type Label = string | number;

/** A number in [0, 1). */
export function fraction(seed: number, ...labels: readonly Label[]): number {
  return words(seed, labels, 1)[0]! / 2 ** 32;
}

/** A number between the two ends of `span`. */
export function within(span: readonly [number, number], seed: number, ...labels: Label[]): number {
  return span[0] + (span[1] - span[0]) * fraction(seed, ...labels);
}

/** A GUID of version 4 form. */
export function guid(seed: number, ...labels: readonly Label[]): string {
  const digits = hex(seed, 32, ...labels);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

/** `length` hex digits, lower case. */
export function hex(seed: number, length: number, ...labels: readonly Label[]): string {
  return words(seed, labels, Math.ceil(length / 8))
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("")
    .slice(0, length);
}

function words(seed: number, labels: readonly Label[], count: number): number[] {
  let [a, b, c, d] = hash(JSON.stringify([seed, ...labels]));
  const drawn: number[] = [];
  // The first twelve outputs of sfc32 still show the seed.
  for (let round = -12; round < count; round += 1) {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    if (round >= 0) drawn.push(sum >>> 0);
  }
  return drawn;
}

function hash(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a];
}
