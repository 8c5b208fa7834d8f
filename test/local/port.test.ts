import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { portTrouble } from "../../local/port.ts";

describe("portTrouble", () => {
  const server = createServer();
  afterEach(() => {
    server.close();
  });

  it("has nothing against any free port", async () => {
    expect(await portTrouble(0)).toBeNull();
  });

  it("says what to do about a port that is taken", async () => {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    expect(await portTrouble(port)).toMatch(
      new RegExp(`Port ${port} is taken[^]*PORT=0 npm start`),
    );
  });
});
