import { parseArgs } from "node:util";

/** What `npm run chaos` was asked for. */
export interface ChaosOptions {
  readonly hosts: number;
  readonly minutes: number;
  /** What is drawn follows from it: who is killed, held and told what, and when. */
  readonly seed: number;
}

export type ChaosAsked =
  | { readonly kind: "chaos"; readonly options: ChaosOptions }
  | { readonly kind: "help" }
  /** One sentence for each thing that is wrong. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** What to print for --help. */
export const CHAOS_USAGE = `npm run chaos: kills, freezes and restarts what lrq runs on, and judges by what came to Defender.

  npm run chaos -- --hosts 3 --minutes 5 --seed 1

  --hosts      Functions hosts on one storage account, 2 to 9; 3
  --minutes    how long, 0.1 to 120; 5. Afterwards everything runs until it has ended
  --seed       a whole number from 0 on; 1
`;

const DEFAULTS = { hosts: "3", minutes: "5", seed: "1" } as const;

/** The flags of `npm run chaos`, or everything that is wrong with them. */
export function readChaosOptions(args: readonly string[]): ChaosAsked {
  const read = flagsIn(args);
  if (typeof read === "string") return { kind: "wrong", problems: [read] };
  if (read.help) return { kind: "help" };
  const [hosts, minutes, seed] = [read.hosts, read.minutes, read.seed].map(Number);
  const problems: string[] = [];
  const isHosts = isWhole(hosts) && hosts >= 2 && hosts <= 9;
  if (!isHosts) problems.push(`--hosts is "${read.hosts}"; it has to be a whole number, 2 to 9.`);
  const isMinutes = minutes !== undefined && minutes >= 0.1 && minutes <= 120;
  if (!isMinutes) problems.push(`--minutes is "${read.minutes}"; it has to be 0.1 to 120.`);
  const isSeed = isWhole(seed) && seed >= 0;
  if (!isSeed) problems.push(`--seed is "${read.seed}"; it has to be a whole number from 0 on.`);
  if (!isHosts || !isMinutes || !isSeed) return { kind: "wrong", problems };
  return { kind: "chaos", options: { hosts, minutes, seed } };
}

function isWhole(value: number | undefined): value is number {
  return Number.isSafeInteger(value);
}

const text = (fallback: string) => ({ type: "string", default: fallback }) as const;

function flagsIn(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        hosts: text(DEFAULTS.hosts),
        minutes: text(DEFAULTS.minutes),
        seed: text(DEFAULTS.seed),
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
