import { ContainerClient } from "@azure/storage-blob";
import { beforeAll, expect, it } from "vitest";
import { createMemoryRows } from "../../local/memory/rows.ts";
import { createRowBlobs } from "../../shared/azure/row-blobs.ts";
import { takeAccount } from "../azurite-account.ts";
import { rowsContract } from "./rows.contract.ts";

let connectionString = "";
let containers = 0;
beforeAll(() => {
  connectionString = takeAccount();
});

rowsContract("memory", () => createMemoryRows());

rowsContract("Azurite", () => {
  containers += 1;
  return createRowBlobs({ kind: "connectionString", connectionString }, `rows-${containers}`);
});

it("the container of rows is open to nobody, and no browser renders what is in it", async () => {
  const store = createRowBlobs({ kind: "connectionString", connectionString }, "closed");
  await store.append("page.html", Buffer.from("<html>"));
  const container = new ContainerClient(connectionString, "closed");
  expect((await container.getAccessPolicy()).blobPublicAccess).toBe(undefined);
  const { contentType } = await container.getBlobClient("page.html").getProperties();
  expect(contentType).toBe("application/octet-stream");
});
