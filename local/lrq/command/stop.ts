import { EXIT, type ExitCode } from "./exit-codes.ts";

/** What else is known of an end. */
interface Around {
  /** What a person can do about it. */
  readonly todo?: string | null;
  /** Milliseconds until another try is worth it; null if the same would come of it. */
  readonly againAfterMs?: number | null;
}

/** Ends a command with a sentence for people and an exit code for scripts. */
export class Stop extends Error {
  readonly exitCode: ExitCode;
  readonly todo: string | null;
  readonly againAfterMs: number | null;

  constructor(exitCode: ExitCode, message: string, { todo, againAfterMs }: Around = {}) {
    super(message);
    this.exitCode = exitCode;
    this.todo = todo ?? null;
    this.againAfterMs = againAfterMs ?? null;
  }
}

/** The command cannot be run in this way. */
export class UsageError extends Stop {
  constructor(message: string, todo: string | null = null) {
    super(EXIT.usage, message, { todo });
  }
}
