import { parseArgs } from "node:util";

/** What `npm start` was asked for. */
export interface StartOptions {
  readonly fresh: boolean;
  /** 0 takes any free port. */
  readonly port: number;
  /** How many times faster than life the simulated tenant runs. */
  readonly speed: number;
  /** Null: a random key is made and kept. */
  readonly key: string | null;
  /** Shows the host's log as it is. */
  readonly verbose: boolean;
}

export type StartAsked =
  | { readonly kind: "start"; readonly options: StartOptions }
  | { readonly kind: "help" }
  /** One sentence for each thing that is wrong. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** Core Tools' port, so that addresses in other people's notes work here. */
const DEFAULT_PORT = 7071;
const DEFAULT_SPEED = 20;
/** Faster than this, windows of the tenant are shorter than a call takes. */
const SPEED_MAX = 1_000;
/** What can follow `Bearer` in a header (RFC 9110, token68). */
const KEY = /^[\w.~+/-]+=*$/;

/** What to print for --help. */
export const START_USAGE = `npm start: lrq on this computer, with storage and a simulated Defender tenant.

  npm start -- --fresh      starts again: forgets runs, evidence and the tenant of earlier starts

  PORT                      port of the HTTP interface; ${DEFAULT_PORT} if unset, 0 for any free one
  SIMULATOR_SPEED           how many times faster than real time the tenant runs; ${DEFAULT_SPEED}
  SIMULATOR_RUNS_SCRIPTS    true: Linux machines run lrq's own shell scripts, on this computer
  LRQ_LOCAL_KEY             the key of the local caller; a random one is made and kept if not set
  LRQ_VERBOSE=1             the host's whole log on the console
  AzureWebJobsStorage       a storage account to use instead of the embedded Azurite
  DEFENDER_API_URL          a Defender to use instead of the simulated tenant
`;

/** Flags and environment of `npm start`, or everything that is wrong with them. */
export function readStartOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartAsked {
  const problems: string[] = [];
  const flags = flagsIn(args, problems);
  const port = numberIn(env["PORT"], DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push(`PORT is "${env["PORT"]}"; it has to be a port number, or 0 for any free port.`);
  }
  const speed = numberIn(env["SIMULATOR_SPEED"], DEFAULT_SPEED);
  if (!(speed > 0 && speed <= SPEED_MAX)) {
    problems.push(
      `SIMULATOR_SPEED is "${env["SIMULATOR_SPEED"]}"; it says how many times faster than real time the` +
        ` tenant runs: a number above 0, at most ${SPEED_MAX}.`,
    );
  }
  const key = env["LRQ_LOCAL_KEY"] || null;
  if (key !== null && !KEY.test(key)) {
    problems.push("LRQ_LOCAL_KEY may have only letters, digits and - . _ ~ + /, and = at its end.");
  }
  if (problems.length > 0) return { kind: "wrong", problems };
  if (flags.help) return { kind: "help" };
  // Without the two hyphens npm keeps the flag for itself, and says so only in the environment.
  const fresh = flags.fresh || env["npm_config_fresh"] === "true";
  const verbose = env["LRQ_VERBOSE"] === "1";
  return { kind: "start", options: { fresh, port, speed, key, verbose } };
}

function flagsIn(args: readonly string[], problems: string[]): { fresh: boolean; help: boolean } {
  const { tokens, values } = parseArgs({
    args: [...args],
    options: { fresh: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(unknown(token.value));
    if (token.kind !== "option") continue;
    const isKnown = token.name === "fresh" || token.name === "help";
    if (!isKnown || token.value !== undefined)
      problems.push(unknown(args[token.index] ?? token.rawName));
  }
  return { fresh: values.fresh === true, help: values.help === true };
}

function unknown(argument: string): string {
  return `npm start does not know "${argument}"; it takes --fresh and --help, after two hyphens: npm start -- --fresh`;
}

function numberIn(text: string | undefined, fallback: number): number {
  return text === undefined || text === "" ? fallback : Number(text);
}
