import { randomUUID } from "node:crypto";
import { ContainerClient } from "@azure/storage-blob";
import { beforeAll, expect, it } from "vitest";
import { createMemoryEvidence } from "../../local/memory/evidence.ts";
import { createEvidenceBlobs } from "../../shared/azure/evidence-blobs.ts";
import { takeAccount } from "../azurite-account.ts";
import { evidenceContract } from "./evidence.contract.ts";

let connectionString = "";
let containers = 0;
beforeAll(() => {
  connectionString = takeAccount();
});

evidenceContract("memory", () => createMemoryEvidence());

evidenceContract("Azurite", () => {
  containers += 1;
  const access = { kind: "connectionString", connectionString } as const;
  return createEvidenceBlobs(access, `evidence-${containers}`, randomUUID);
});

it.each([10, 5 * 1024 * 1024])("%i bytes are a blob no browser renders", async (size) => {
  const access = { kind: "connectionString", connectionString } as const;
  const store = createEvidenceBlobs(access, "typed", randomUUID);
  await store.put(`page-${size}.html`, bytes(size));
  const container = new ContainerClient(connectionString, "typed");
  const { contentType } = await container.getBlobClient(`page-${size}.html`).getProperties();
  expect(contentType).toBe("application/octet-stream");
});

it("the container of evidence is open to nobody", async () => {
  const access = { kind: "connectionString", connectionString } as const;
  await createEvidenceBlobs(access, "closed", randomUUID).put("a", bytes(1));
  const container = new ContainerClient(connectionString, "closed");
  expect((await container.getAccessPolicy()).blobPublicAccess).toBe(undefined);
});

async function* bytes(size: number): AsyncIterable<Uint8Array> {
  yield new Uint8Array(size).fill(60);
}
