import { ContainerClient } from "@azure/storage-blob";
import { expect, it } from "vitest";
import { takeAccount } from "../azurite-account.ts";

// docs/evidence.md says that Azurite cannot show a legal hold; while it cannot, that stays true.
it("Azurite answers 501 to a legal hold and to immutability, so neither can be tested here", async () => {
  const container = new ContainerClient(takeAccount(), "held");
  await container.create();
  const blob = container.getBlockBlobClient("a");
  await blob.upload("a", 1);
  await expect(blob.setLegalHold(true)).rejects.toMatchObject({ statusCode: 501 });
  const until = { expiriesOn: new Date("2030-01-01"), policyMode: "Unlocked" } as const;
  await expect(blob.setImmutabilityPolicy(until)).rejects.toMatchObject({ statusCode: 501 });
});
