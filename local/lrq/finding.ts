/** What is wrong, and where: a file of the folder. */
export interface Finding {
  readonly where: string;
  readonly what: string;
}

/** Takes a finding down. */
export type Found = (where: string, what: string) => void;
