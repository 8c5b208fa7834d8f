import { setTimeout as pass } from "node:timers/promises";
import { runCommand } from "../../local/lrq/command-line.ts";
import { until } from "./until.ts";

/** What a command said, on stdout and on stderr, and how it ended. */
interface Typed {
  readonly code: number;
  readonly said: string;
  readonly noted: string;
}

/** `lrq` in this process, against the app at an address. */
export interface Terminal {
  /** Runs a command; `yes` is the answer to its question, absent if nobody sits there. */
  type(line: string, yes?: boolean): Promise<Typed>;
  /**
   * Types the same line again until it says this, whatever its lines are broken at; on a clock that
   * is ahead of that of the app by `aheadMs`.
   */
  until(line: string, says: RegExp, aheadMs?: number): Promise<string>;
}

const EVERY_MS = 250;

export function terminalAt(url: () => string, key: string): Terminal {
  const typeAt = async (aheadMs: number, line: string, yes?: boolean): Promise<Typed> => {
    const said: string[] = [];
    const noted: string[] = [];
    const code = await runCommand(line.split(" "), {
      env: { LRQ_URL: url(), LRQ_KEY: key },
      say: (text) => void said.push(text),
      complain: (text) => void noted.push(text),
      nowMs: () => Date.now() + aheadMs,
      sleep: async (ms) => await pass(Math.min(ms, EVERY_MS)),
      ...(yes === undefined ? {} : { confirm: () => Promise.resolve(yes) }),
    });
    return { code, said: said.join("\n"), noted: noted.join("\n") };
  };
  return {
    type: async (line, yes) => await typeAt(0, line, yes),
    until: async (line, says, aheadMs = 0) => {
      const { text } = await until(
        async () => {
          const { said, noted } = await typeAt(aheadMs, line);
          return { text: said.replaceAll(/\s+/g, " "), noted };
        },
        (last) => says.test(last.text),
        (last) => `${line}: ${last.text} ${last.noted}`,
      );
      return text;
    },
  };
}
