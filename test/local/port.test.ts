import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { checkPort } from "../../local/port.ts";

describe("checkPort", () => {
  const server = createServer();
  afterEach(() => {
    server.close();
  });

  it("has nothing against any free port", async () => {
    await expect(checkPort(0)).resolves.toBeUndefined();
  });

  it("says what to do about a port that is taken", async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    await expect(checkPort(port)).rejects.toThrow(
      new RegExp(`Port ${port} is taken[^]*PORT=0 npm start`),
    );
  });
});
