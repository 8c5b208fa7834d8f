import type { Ledger } from "../../shared/ports.ts";

/**
 * An empty ledger as two hosts have it open at the same time; for one in memory they may be the
 * same.
 */
export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly second: Ledger;
}
