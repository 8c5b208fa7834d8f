import type { Around } from "./around.ts";
import type { ExitCode } from "./exit-codes.ts";

/** One command of lrq, as the table of commands has it. */
export interface Verb {
  /** Its name and its arguments, as commander reads them, such as `show <run>`. */
  readonly usage: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** What people type, and what comes of it: the first lines of its help. */
  readonly examples: readonly Example[];
  /** Flags as commander reads them, such as `--machine <name>`, each with what it is for. */
  readonly options?: readonly (readonly [flags: string, what: string])[];
  /** More about it, behind its options. */
  readonly about?: string;
  /** False if it does not ask the app: then it has no `--at`. */
  readonly asksApp?: boolean;
  readonly run: (asked: Asked, around: Around) => Promise<ExitCode>;
}

type Example = readonly [line: string, does: string];

/** What was typed behind the name of a command. */
export interface Asked {
  /** The arguments in their order, those of `[names...]` too. */
  readonly words: readonly string[];
  /** The value of an option; null if it was not given. */
  text(name: string): string | null;
  /** The values of an option that may be given more than once. */
  texts(name: string): readonly string[];
  /** True if the flag was given. */
  flag(name: string): boolean;
}
