import { TableClient } from "@azure/data-tables";
import { ContainerClient } from "@azure/storage-blob";
import { expect, it } from "vitest";
import { examine } from "../../shared/doctor/examine.ts";
import type { Finding } from "../../shared/doctor/finding.ts";
import { bodyColumns } from "../../shared/azure/entity.ts";
import { takeAccount } from "../azurite-account.ts";
import { sweptWith } from "../doctor/swept.ts";

const storage = takeAccount();

/** What the doctor says of rows; no Defender answers it. */
async function ofRows(): Promise<readonly Finding[]> {
  const all = await examine({
    env: {
      AzureWebJobsStorage: storage,
      DEFENDER_API_URL: "http://127.0.0.1:1",
      DEFENDER_ACCESS_TOKEN: "none",
      POLL_SCHEDULE: "0 * * * * *",
    },
    isApp: false,
    probe: false,
    nowMs: Date.now,
    fetch,
    log: () => undefined,
  });
  return all.filter(({ check }) => check.startsWith("rows, "));
}

const states = (findings: readonly Finding[]) => findings.map(({ state }) => state);

it("the doctor finds rows of sweeps that are gone with their container", async () => {
  const options = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(storage, "ledger", options);
  await table.createTable();
  expect(states(await ofRows())).toEqual(["ok", "ok", "ok"]);
  for (const { key, body } of (await sweptWith("sweep-autostarts", "succeeded")).rows) {
    await table.createEntity({ partitionKey: "tenant|app", rowKey: key, ...bodyColumns(body) });
  }
  const gone = await ofRows();
  expect(states(gone)).toEqual(["ok", "ok", "error"]);
  expect(gone.at(-1)).toMatchObject({
    check: "rows, container",
    what: expect.stringContaining("triage"),
    fix: expect.stringContaining("deleted containers"),
  });
  await new ContainerClient(storage, "rows").create();
  expect(states(await ofRows())).toEqual(["ok", "ok", "ok"]);
});
