import type { Ledger, Row } from "../../shared/ports.ts";

/**
 * The ledger of somebody who is overtaken: `meanwhile` happens right after the first read of `key`
 * that finds what is waited for.
 */
export function interrupted(
  ledger: Ledger,
  key: string,
  meanwhile: () => Promise<void>,
  isThen: (row: Row | null) => boolean = () => true,
): Ledger {
  let isDone = false;
  return {
    ...ledger,
    read: async (asked) => {
      const row = await ledger.read(asked);
      if (asked === key && !isDone && isThen(row)) {
        isDone = true;
        await meanwhile();
      }
      return row;
    },
  };
}
