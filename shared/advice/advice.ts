/** What a code means, and what a person can do about it. Both are sentences. */
export interface Advice {
  readonly means: string;
  readonly step: string;
  /** False if it goes on by itself. */
  readonly needsPerson: boolean;
}

/** For what goes on by itself; `step` says what a person can do all the same. */
export function goesOn(means: string, step = "Nothing; it goes on by itself."): Advice {
  return { means, step, needsPerson: false };
}

/** For what stays as it is until a person does something. */
export function needsPerson(means: string, step: string): Advice {
  return { means, step, needsPerson: true };
}
