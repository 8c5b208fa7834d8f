/** Where the demo runs, and where it is seen. */
export interface DemoSurroundings {
  /** The app's folder. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** True if everything stays up after the demo, for the operations page, until the signal. */
  readonly leavesUp: boolean;
}
