import type { AppAddress } from "../app-address.ts";
import { openAnswer } from "../api.ts";
import { UsageError } from "../command/stop.ts";
import type { Asked } from "../command/verb.ts";

/** The option of each question about a round. */
export const ROUND = ["--round <number>", "which round (default: the last one)"] as const;

/**
 * Azure ends an HTTP request of a function after 230 s; a stack of a large round may take them, and
 * the query of a preview.
 */
export const PATIENCE = { readMs: 240_000, stallMs: 120_000 };

/** The path of a sweep, without `/api/`. */
export function sweepPath(name: string): string {
  return `sweeps/${encodeURIComponent(name)}`;
}

/** The path of a round: the sweep is the first word, the round an option. */
export function roundPath(asked: Asked): string {
  const [name = ""] = asked.words;
  const round = asked.text("round") ?? "last";
  return `${sweepPath(name)}/rounds/${round === "last" ? round : number(round, "--round")}`;
}

/** A number from 1 on, as text. */
export function number(text: string, option: string): string {
  if (/^[1-9]\d{0,5}$/.test(text)) return text;
  throw new UsageError(`${option} takes a number, from 1`);
}

/** The lines of an answer, without their ends, as they come. */
export async function* linesOf(address: AppAddress, path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = "";
  for await (const piece of await openAnswer(address, path, { timeouts: PATIENCE })) {
    const lines = `${held}${decoder.decode(piece, { stream: true })}`.split("\n");
    held = lines.pop() ?? "";
    yield* lines;
  }
  held += decoder.decode();
  if (held !== "") yield held;
}
