import { describe, expect, it } from "vitest";

import type { Command } from "../../shared/plan/command/command.ts";
import { atAnyTime, clientOf, IMPATIENT, json, loopback, noToken, refusal } from "./loopback.ts";

const MACHINE = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
const COMMANDS: readonly Command[] = [
  { type: "PutFile", fileName: "tool.exe" },
  { type: "RunScript", scriptName: "zip.ps1", args: "-Path one" },
  { type: "RunScript", scriptName: "bare.ps1", args: null },
  { type: "GetFile", path: "C:\\windows\\TEMP\\out.zip" },
];

describe("submit", () => {
  it("posts what the API wants, in its letter case, and leaves absent Args out", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const answer = await clientOf(server).submit(MACHINE, COMMANDS, "[tag] why", atAnyTime);

    expect(answer).toEqual({ kind: "accepted", actionId: "a-1", comment: null });
    const [seen] = server.seen;
    expect(seen?.method).toBe("POST");
    expect(seen?.url).toBe(`/api/machines/${MACHINE}/runliveresponse`);
    expect(seen?.headers).toMatchObject({
      authorization: "Bearer token-1",
      "content-type": "application/json",
    });
    expect(JSON.parse(seen?.body ?? "")).toEqual({
      Comment: "[tag] why",
      Commands: [
        { type: "PutFile", params: [{ key: "FileName", value: "tool.exe" }] },
        {
          type: "RunScript",
          params: [
            { key: "ScriptName", value: "zip.ps1" },
            { key: "Args", value: "-Path one" },
          ],
        },
        { type: "RunScript", params: [{ key: "ScriptName", value: "bare.ps1" }] },
        { type: "GetFile", params: [{ key: "Path", value: "C:\\windows\\TEMP\\out.zip" }] },
      ],
    });
  });

  it("posts once, and does not know what became of it, if the connection drops", async () => {
    const server = await loopback((_, response) => response.destroy());
    const answer = await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime);
    expect(answer.kind).toBe("unknown");
    expect(server.seen).toHaveLength(1);
  });

  it("does not know what became of a POST that was not answered in time", async () => {
    const server = await loopback(() => {});
    // Long enough for the connection to stand, whatever else this machine does.
    const client = clientOf(server, { timeouts: { ...IMPATIENT, submitMs: 1_000 } });
    await client.prepare();
    const answer = await client.submit(MACHINE, COMMANDS, "c", atAnyTime);
    expect(answer).toEqual({ kind: "unknown", detail: "no answer in time" });
  });

  it("does not know what became of a POST whose answer broke off", async () => {
    const server = await loopback((_, response) => {
      response.writeHead(201, { "content-length": "1000" });
      response.write('{"id":"a-1"', () => response.destroy());
    });
    expect((await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("unknown");
  });

  it("does not read more than a MiB of an answer", async () => {
    const server = await loopback((_, response) => {
      response.writeHead(201).end(`{"id":"a-1","x":"${"x".repeat(2 ** 21)}"}`);
    });
    expect((await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("unknown");
  });

  it("follows no redirect", async () => {
    const server = await loopback((_, response) => {
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect((await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("unknown");
    expect(server.seen).toHaveLength(1);
  });

  it.each([500, 503, 429, 421, 400, 401])(
    "posts once, whatever the answer (%i)",
    async (status) => {
      const server = await loopback((_, response) => json(response, status, refusal("Any")));
      await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime);
      expect(server.seen).toHaveLength(1);
    },
  );

  it("posts on a connection of its own, for one that was kept may be closed at that moment", async () => {
    const ports: (number | undefined)[] = [];
    const server = await loopback((_, response) => {
      ports.push(response.socket?.remotePort);
      json(response, 201, { id: "a-1", type: "LiveResponse" });
    });
    const client = clientOf(server);
    for (let time = 0; time < 3; time += 1) await client.submit(MACHINE, COMMANDS, "c", atAnyTime);
    expect(new Set(ports).size).toBe(3);
  });

  it("says how long a throttled caller is to wait", async () => {
    const server = await loopback((_, response) => {
      response.setHeader("Retry-After", "42");
      json(response, 429, refusal("TooManyRequests"));
    });
    const answer = await clientOf(server).submit(MACHINE, COMMANDS, "c", atAnyTime);
    expect(answer).toEqual({ kind: "throttled", retryAfterMs: 42_000 });
  });

  it("sends nothing when there is no token", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const answer = await clientOf(server, { getToken: noToken }).submit(
      MACHINE,
      COMMANDS,
      "c",
      atAnyTime,
    );
    expect(answer).toEqual({
      kind: "notSent",
      detail: "no access token: identity is down",
    });
    expect(server.seen).toHaveLength(0);
  });

  it("sends nothing when the token came too late", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const client = clientOf(server, {
      getToken: () => new Promise(() => {}),
      timeouts: { ...IMPATIENT, tokenMs: 5_000 },
    });
    expect((await client.submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("notSent");
    expect(server.seen).toHaveLength(0);
  });

  it("sends nothing when its time ran out while the token was fetched, as on a frozen host", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    let leftMs = 60_000;
    const getToken = async () => {
      leftMs = 0;
      return { token: "t", expiresAtMs: 3_600_000 };
    };
    const answer = await clientOf(server, { getToken }).submit(
      MACHINE,
      COMMANDS,
      "c",
      () => leftMs,
    );
    expect(answer).toEqual({ kind: "notSent", detail: "no connection was ready in time" });
    expect(server.seen).toHaveLength(0);
  });

  it("waits for a token no longer than the POST may take to leave", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const client = clientOf(server, { getToken: () => new Promise(() => {}) });
    expect((await client.submit(MACHINE, COMMANDS, "c", () => 0.5)).kind).toBe("notSent");
    expect(server.seen).toHaveLength(0);
  });

  it("is sure that nothing was sent when nobody listens", async () => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const client = clientOf(server, { baseUrl: "http://127.0.0.1:1" });
    expect(await client.submit(MACHINE, COMMANDS, "c", atAnyTime)).toEqual({
      kind: "notSent",
      detail: "the connection broke (ECONNREFUSED)",
    });
  });

  it("asks for another token after one was not taken", async () => {
    let issued = 0;
    const server = await loopback(({ headers }, response) =>
      headers.authorization === "Bearer token-1"
        ? json(response, 401, refusal("Unauthorized"))
        : json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    const getToken = async () => {
      issued += 1;
      return { token: `token-${issued}`, expiresAtMs: 3_600_000 };
    };
    const client = clientOf(server, { getToken });
    expect((await client.submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("unauthorized");
    expect((await client.submit(MACHINE, COMMANDS, "c", atAnyTime)).kind).toBe("accepted");
    expect(issued).toBe(2);
  });

  it.each([
    ["a machine name", "pc-1", COMMANDS],
    ["a path", `${MACHINE}/../x`, COMMANDS],
    ["41 digits", `${MACHINE}0`, COMMANDS],
    ["no commands", MACHINE, []],
    ["an order the API refuses", MACHINE, COMMANDS.toReversed()],
  ])("throws on %s, which no plan makes", async (_, machineId, commands) => {
    const server = await loopback((_, response) =>
      json(response, 201, { id: "a-1", type: "LiveResponse" }),
    );
    await expect(clientOf(server).submit(machineId, commands, "c", atAnyTime)).rejects.toThrow(/./);
    expect(server.seen).toHaveLength(0);
  });
});
