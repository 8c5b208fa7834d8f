import type { PieceHeader } from "./row-block.ts";

/**
 * How much of a machine's result lrq has as rows: `whole` also if it had none; `partial` if there
 * are rows, and others are missing; `unreadable` if there is none, and the result is not empty.
 */
export function howWhole({
  count,
  wrongCount,
  cut,
  trouble,
}: Pick<PieceHeader, "count" | "wrongCount" | "cut" | "trouble">):
  | "whole"
  | "partial"
  | "unreadable" {
  if (wrongCount === 0 && cut === null && trouble === null) return "whole";
  return count === 0 ? "unreadable" : "partial";
}
