/** One thing that has to be so, in words, and what was found instead. */
export interface Check {
  readonly claim: string;
  readonly problems: readonly string[];
  /** What is shown below it if it is so. */
  readonly shown?: readonly string[];
}
