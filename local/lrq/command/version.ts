declare const LRQ_VERSION: string | undefined;
declare const LRQ_COMMIT: string | undefined;

/** Version and commit of the bundle; without a bundle it is the source. */
export function versionWords(): string {
  if (typeof LRQ_VERSION !== "string") return "source";
  return `${LRQ_VERSION} (${typeof LRQ_COMMIT === "string" ? LRQ_COMMIT : "unknown"})`;
}
