import { describe, expect, it } from "vitest";
import { codeOf, command, GET, idOf, machineId, machines, PUT, RUN, startBench } from "./caller.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("submitting a sequence", () => {
  it("answers 201 with a Pending action whose commands are Created", async () => {
    const { submit } = await startBench();
    const reply = await submit(0, [PUT, RUN, GET], "tag-1");
    expect(reply.status).toBe(201);
    expect(idOf(reply)).toMatch(GUID);
    expect(reply.at("status")).toBe("Pending");
    expect(reply.at("requestorComment")).toBe("tag-1");
    expect(reply.at("creationDateTimeUtc")).toMatch(/^2026-11-21T08:00:00\.000\d{4}Z$/);
    expect(reply.at("commands", 2)).toMatchObject({
      index: 2,
      startTime: null,
      endTime: null,
      commandStatus: "Created",
      errors: [],
      command: { type: "GetFile", params: [{ key: "Path", value: "C:\\Temp\\out.zip" }] },
    });
  });

  it("answers 200 when the switch says so", async () => {
    const { submit } = await startBench({ switches: { submitStatus: 200 } });
    expect((await submit(0)).status).toBe(200);
  });

  it("leaves machine and commands out of the sparse entity, and fills them in later", async () => {
    const { submit, call } = await startBench({ switches: { submittedEntity: "sparse" } });
    const posted = await submit(0);
    expect(posted.at("machineId")).toBeNull();
    expect(posted.at("commands")).toEqual([]);
    const got = await call("GET", `/api/machineactions/${idOf(posted)}`);
    expect(got.at("machineId")).toBe(machineId(0));
    const leadMs =
      Date.parse(String(posted.at("creationDateTimeUtc"))) -
      Date.parse(String(got.at("creationDateTimeUtc")));
    expect(leadMs).toBe(800);
  });

  it("takes any case of the path, and the version", async () => {
    const { call } = await startBench();
    const path = `/API/v1.0/Machines/${machineId(0)}/RunLiveResponse`;
    expect((await call("POST", path, { Commands: [RUN], Comment: "c" })).status).toBe(201);
  });
});

describe("a machine that cannot take it", () => {
  it("is busy while an action is open, and the second caller is told off", async () => {
    const { submit, simulator } = await startBench();
    await submit(0);
    const refused = await submit(0);
    expect(refused.status).toBe(400);
    expect(codeOf(refused)).toBe("ActiveRequestAlreadyExists");
    expect(refused.at("error", "message")).toBe("Action is already in progress");
    expect(simulator.violations()).toHaveLength(1);
  });

  it("is busy in a portal session with nothing listed, until it is over", async () => {
    const { submit, call, clock } = await startBench({
      machines: machines(1, { portalSession: [{ fromSeconds: 0, untilSeconds: 90 }] }),
    });
    expect(codeOf(await submit(0))).toBe("ActiveRequestAlreadyExists");
    expect((await call("GET", "/api/machineactions")).at("value")).toEqual([]);
    clock.advanceSeconds(90);
    expect((await submit(0)).status).toBe(201);
  });

  it("is unknown, and only the switch makes its name an id", async () => {
    const path = "/api/machines/pc-3.corp.contoso.example/runliveresponse";
    const { call } = await startBench();
    const refused = await call("POST", path, { Commands: [RUN] });
    expect([refused.status, codeOf(refused)]).toEqual([404, "ResourceNotFound"]);
    const named = await startBench({ switches: { submitByName: true } });
    expect((await named.call("POST", path, { Commands: [RUN] })).status).toBe(201);
  });

  it.each([
    ["DisallowedOperation", 403],
    ["OsPlatformNotSupported", 400],
    ["ClientVersionNotSupported", 400],
  ] as const)("answers %s as it is told to", async (refuses, status) => {
    const { submit } = await startBench({ machines: machines(1, { refuses }) });
    const refused = await submit(0);
    expect([refused.status, codeOf(refused)]).toEqual([status, refuses]);
  });

  it("belongs to a tenant without live response", async () => {
    const { submit } = await startBench({ switches: { liveResponseEnabled: false } });
    const refused = await submit(0);
    expect([refused.status, codeOf(refused)]).toEqual([403, "DisabledFeature"]);
    expect(refused.at("error", "target")).toMatch(GUID);
  });
});

describe("a call that several things are wrong with", () => {
  type Options = Parameters<typeof startBench>[0];
  const mixed = { Commands: [GET, RUN] };
  const right = { Commands: [RUN] };
  const full = { maxSessions: 1 };
  const shut = { ...full, callsPerMinute: 1 };
  const switches = { liveResponseEnabled: false };

  it.each<[string, number, object, Options, number, string]>([
    ["its token", 99, {}, { limits: shut, token: { required: true } }, 401, "token is missing"],
    ["the calls a minute", 99, {}, { limits: shut, switches }, 429, "Over 1 calls"],
    ["the feature", 99, {}, { limits: full, switches }, 403, "is not enabled"],
    ["the form of its body", 99, {}, { limits: full }, 400, "Commands is required"],
    ["its machine", 99, mixed, { limits: full }, 404, "was not found"],
    ["what switches refuse", 0, mixed, { limits: full }, 400, "The order is"],
    ["a busy machine", 0, right, { limits: full }, 400, "already in progress"],
    ["the sessions", 1, right, { limits: full }, 429, "Over 1 live response sessions"],
  ])(
    "is refused by %s before all that is checked later",
    async (_, machine, body, options, status, says) => {
      const bench = await startBench(options);
      bench.simulator.startForeignSession(machineId(0), "other");
      const path = `/api/machines/${machineId(machine)}/runliveresponse`;
      const refused = await bench.call("POST", path, body);
      const message = expect.stringContaining(says);
      expect([refused.status, refused.at("error", "message")]).toEqual([status, message]);
    },
  );
});

describe("a body that cannot be taken", () => {
  it.each([
    ["lower-case commands", { commands: [RUN], Comment: "c" }, "MissingRequiredParameter"],
    ["lower-case comment", { Commands: [RUN], comment: "c" }, "InvalidRequestBody"],
    ["no commands", { Commands: [], Comment: "c" }, "InvalidRequestBody"],
    [
      "a key in lower case",
      { Commands: [command("GetFile", { path: "x" })] },
      "InvalidRequestBody",
    ],
    ["a type nobody knows", { Commands: [command("Isolate", {})] }, "InvalidRequestBody"],
    ["no script name", { Commands: [command("RunScript", { Args: "x" })] }, "InvalidRequestBody"],
    ["commands out of order", { Commands: [GET, RUN] }, "InvalidRequestBody"],
    ["what is not JSON", "{", "InvalidRequestBody"],
  ])("is refused: %s", async (_, body, code) => {
    const { call, simulator } = await startBench();
    const path = `/api/machines/${machineId(0)}/runliveresponse`;
    const headers = { "Content-Type": "application/json" };
    const refused = await call("POST", path, body, headers);
    expect([refused.status, codeOf(refused)]).toEqual([400, code]);
    expect(simulator.actions()).toEqual([]);
  });

  it("is refused without its content type", async () => {
    const { call } = await startBench();
    const path = `/api/machines/${machineId(0)}/runliveresponse`;
    const body = JSON.stringify({ Commands: [RUN] });
    expect(codeOf(await call("POST", path, body))).toBe("InvalidRequestBody");
  });

  it.each([
    ["a missing Comment", { missingComment: "refused" }, { Commands: [RUN] }],
    ["an ExternalId", { externalId: "refused" }, { Commands: [RUN], ExternalId: "e" }],
    [
      "a character that the console does not take",
      { argumentCharacters: "refused" },
      { Commands: [command("RunScript", { ScriptName: "run.ps1", Args: "a;b" })] },
    ],
    [
      "a file that is not in the library",
      { missingLibraryFile: "refused" },
      { Commands: [command("PutFile", { FileName: "none" })] },
    ],
  ] as const)("depends on a switch: %s", async (_, switches, body) => {
    const path = `/api/machines/${machineId(0)}/runliveresponse`;
    const lenient = await startBench();
    expect((await lenient.call("POST", path, body)).status).toBe(201);
    const strict = await startBench({ switches });
    expect((await strict.call("POST", path, body)).status).toBe(400);
  });

  it("takes commands in any order when the switch says so, and still complains", async () => {
    const { submit, simulator } = await startBench({ switches: { misordered: "accepted" } });
    expect((await submit(0, [GET, RUN])).status).toBe(201);
    expect(simulator.violations()).toEqual(["A POST had its commands out of order"]);
  });

  it("stores an ExternalId only when the switch says so", async () => {
    const path = `/api/machines/${machineId(0)}/runliveresponse`;
    const body = { Commands: [RUN], ExternalId: "e-1" };
    const ignoring = await startBench();
    expect((await ignoring.call("POST", path, body)).at("externalId")).toBeNull();
    const storing = await startBench({ switches: { externalId: "stored" } });
    expect((await storing.call("POST", path, body)).at("externalId")).toBe("e-1");
  });
});
