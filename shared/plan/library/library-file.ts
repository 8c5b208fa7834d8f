/** One file of the tenant's live response library, as Defender lists it. */
export interface LibraryFile {
  readonly name: string;
  /** 64 lower-case hex digits; null if Defender gave no SHA-256 in that form. */
  readonly sha256: string | null;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
  /** Who uploaded it, in Defender's words. */
  readonly createdBy: string | null;
  readonly description: string | null;
}
