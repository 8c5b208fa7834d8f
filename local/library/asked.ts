/** What was asked on the command line. */
export interface LibraryAsked {
  /** The folder with the files and their pins. */
  readonly folder: string;
  /** The names that `pull` was given. */
  readonly names: readonly string[];
  /** True: nothing is changed, and the exit code says whether something would be. */
  readonly check: boolean;
  readonly json: boolean;
  /** True: nobody is asked before a change. */
  readonly yes: boolean;
  /** The hash of the plan that was approved; null if any plan will do. */
  readonly plan: string | null;
}

/** Where the command runs. */
export interface LibrarySurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where local.settings.json is looked for. */
  readonly cwd: string;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Asks whoever sits there; left out if nobody does. */
  readonly confirm?: (question: string) => Promise<boolean>;
}
