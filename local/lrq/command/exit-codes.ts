/**
 * How a command ends, for scripts. `unreachable`: lrq, or what it needs, does not answer now.
 * `refused`: somebody has to allow it first. `withFailures`: the run is over, and not all of it went
 * well. `late`: the time of this command is over, and what it waits for goes on.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  notFound: 5,
  withFailures: 6,
  late: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
