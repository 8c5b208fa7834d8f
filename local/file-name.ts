/** Longest name made here; file systems take 255 bytes, and people read less. */
const CHARACTERS_MAX = 80;

/** Names Windows keeps for devices, whatever their ending (Naming Files, Paths, and Namespaces). */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * A file name made of a text that somebody else chose: letters, digits, dots, hyphens and
 * underscores, never a path, never hidden, never empty. Different texts may give the same name.
 */
export function safeFileName(text: string): string {
  const lastPart = text.split(/[\\/]/).at(-1) ?? "";
  const plain = lastPart.replaceAll(/[^\w.-]+/g, "_").replace(/^[.-]+/, "");
  const short = plain
    .slice(-CHARACTERS_MAX)
    .replace(/^[.-]+/, "")
    .replace(/\.+$/, "");
  if (short === "") return "unnamed";
  return RESERVED.test(short) ? `_${short}` : short;
}
