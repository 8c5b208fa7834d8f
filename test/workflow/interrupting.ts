import type { Ledger } from "../../shared/ports.ts";

/** The ledger of somebody who is overtaken: `meanwhile` happens right after a first read of `key`. */
export function interrupted(ledger: Ledger, key: string, meanwhile: () => Promise<void>): Ledger {
  let isDone = false;
  return {
    ...ledger,
    read: async (asked) => {
      const row = await ledger.read(asked);
      if (asked === key && !isDone) {
        isDone = true;
        await meanwhile();
      }
      return row;
    },
  };
}
