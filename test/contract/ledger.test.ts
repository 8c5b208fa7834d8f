import { beforeAll } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import { takeAccount } from "../azurite-account.ts";
import { ledgerContract } from "./ledger.contract.ts";

let connectionString = "";
let tables = 0;
beforeAll(() => {
  connectionString = takeAccount();
});

ledgerContract("memory", () => {
  const ledger = createMemoryLedger();
  return { ledger, second: ledger };
});

ledgerContract("Azurite", () => {
  tables += 1;
  const openTable = () =>
    createLedgerTable({
      access: { kind: "connectionString", connectionString },
      tableName: `ledger${tables}`,
      partition: "8f3c6d3e-tenant|its-client",
      observe: () => undefined,
      monotonicMs: () => performance.now(),
    });
  return { ledger: openTable(), second: openTable() };
});
