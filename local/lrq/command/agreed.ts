import type { Around } from "./around.ts";
import { EXIT } from "./exit-codes.ts";
import { Stop, UsageError } from "./stop.ts";
import type { Asked } from "./verb.ts";

/** The option of each command that asks before it acts. */
export const YES = ["--yes", "do it without a question; needed where nobody can be asked"] as const;

/**
 * Comes back if whoever typed the command agrees, or has agreed with `--yes`. Otherwise it throws:
 * refused after a no, and a usage error if there is nobody to ask.
 */
export async function agreed(asked: Asked, around: Around, question: string): Promise<void> {
  if (asked.flag("yes")) return;
  if (around.confirm === null) {
    throw new UsageError("nobody can be asked here: add --yes to do it without a question");
  }
  if (await around.confirm(`${question} [y/N] `)) return;
  throw new Stop(EXIT.refused, "Nothing was changed.");
}
