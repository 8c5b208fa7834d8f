import { describe } from "vitest";
import { commitContract } from "./ledger-commit.contract.ts";
import { conflictContract } from "./ledger-conflict.contract.ts";
import { rowContract } from "./ledger-row.contract.ts";
import type { OpenedLedger } from "./opened-ledger.ts";

/**
 * What every ledger promises. `open` gives a new empty one for each test, and nothing is created
 * yet.
 */
export function ledgerContract(name: string, open: () => OpenedLedger): void {
  describe(`the ledger in ${name}`, () => {
    rowContract(open);
    commitContract(open);
    conflictContract(open);
  });
}
