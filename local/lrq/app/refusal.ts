import { z } from "zod";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";

/** Problem details (RFC 9457) as docs/api.md has them. */
const problemSchema = z.object({
  type: z.string().startsWith("urn:lrq:problem:"),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
  skipped: z.array(z.object({ machine: z.string(), reason: z.string() })).default([]),
  machineIds: z.array(z.string()).default([]),
});

interface Meaning {
  readonly exitCode: ExitCode;
  readonly todo: string | null;
}

/** By the word of the problem: what is not listed is refused, and says itself what to do. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  unauthenticated: {
    exitCode: EXIT.refused,
    todo: "Check the key (LRQ_KEY): the setting CALLERS of the app has its hash.",
  },
  forbidden: {
    exitCode: EXIT.refused,
    todo: "Ask whoever keeps the setting CALLERS of the app for the right.",
  },
  "not-found": {
    exitCode: EXIT.notFound,
    todo: "Check the id. What another team has is not found either.",
  },
  unforeseen: { exitCode: EXIT.failed, todo: "Report it, with the id and the app's log." },
  unavailable: { exitCode: EXIT.unreachable, todo: "Try again in a minute." },
  "not-configured": {
    exitCode: EXIT.refused,
    todo: "Whoever runs the app has to mend its settings: lrq doctor shows all of them.",
  },
};

/** Worth another try, by the status: nobody has to do anything. */
const PASSING = new Set([429, 500, 502, 503, 504]);
/** If the answer does not say when, and it is worth another try. */
const AGAIN_AFTER_MS = 5_000;

/** An answer other than 200, as far as a command looks at it. */
export interface Refused {
  readonly status: number;
  /** The header, if there is one. */
  readonly retryAfter: string | null;
  /** Its JSON; null if it has none. */
  readonly body: unknown;
}

/** The end of a command that lrq, or something in front of it, refused. */
export function refusalOf(url: string, { status, retryAfter, body }: Refused): Stop {
  const againAfterMs = PASSING.has(status) ? waitIn(retryAfter) : null;
  const problem = problemSchema.safeParse(body);
  if (!problem.success) return strangers(url, status, againAfterMs);
  const { type, detail, errors, skipped, machineIds } = problem.data;
  const word = type.slice("urn:lrq:problem:".length);
  const { exitCode, todo } = MEANINGS[word] ?? { exitCode: EXIT.refused, todo: null };
  const fields = errors.map(({ path, message }) => ` ${path}: ${message}`);
  const machines = skipped.map(({ machine, reason }) => ` ${machine}: ${reason}`);
  const ids = machineIds.length === 0 ? "" : ` ${machineIds.join(", ")}`;
  const said = `${detail}${fields.join("")}${machines.join("")}${ids}`;
  const wait = againAfterMs === null ? null : Math.ceil(againAfterMs / 1_000);
  const later = status === 429 && wait !== null ? `Try again in ${wait} s.` : null;
  return new Stop(exitCode, said, { todo: later ?? todo, againAfterMs });
}

/** Not lrq's own words: a proxy, another app, or a host that does not know the path. */
function strangers(url: string, status: number, againAfterMs: number | null): Stop {
  const { host } = new URL(url);
  if (status === 404) {
    return new Stop(EXIT.unreachable, `${host} does not know this part of lrq's interface.`, {
      todo: "Check the address. If it is lrq's, the app is older than this command.",
    });
  }
  const exitCode = againAfterMs === null ? EXIT.refused : EXIT.unreachable;
  return new Stop(exitCode, `${host} answered HTTP ${status}, and not in lrq's words.`, {
    todo: "Something in front of lrq may have answered: check the address, the proxy, the gateway.",
    againAfterMs,
  });
}

function waitIn(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : AGAIN_AFTER_MS;
}
