import { HttpRequest, InvocationContext } from "@azure/functions";
import { RestError } from "@azure/data-tables";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { onTrigger, withApp } from "../../functions/transport.ts";
import { CustodyTrouble } from "../../shared/evidence/custody-trouble.ts";
import { SetAside } from "../../shared/ledger/row/set-aside.ts";
import { Contended } from "../../shared/store/contended.ts";
import { problemSchema } from "../stories/answers.ts";

beforeAll(() => {
  vi.stubEnv("AzureWebJobsStorage", "UseDevelopmentStorage=true");
  vi.stubEnv("POLL_SCHEDULE", "* * * * * *");
  vi.stubEnv("CALLERS", "[]");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

const answerSchema = z.object({ status: z.number(), body: z.string() });

/** An invocation that keeps what is logged. */
function invocation(logged: string[]): InvocationContext {
  return new InvocationContext({
    functionName: "any",
    invocationId: "the id of the invocation",
    logHandler: (level, ...said) => {
      const texts = said.map((each) => (each instanceof Error ? each.stack : String(each)));
      logged.push(`${level} ${texts.join(" ")}`);
    },
  });
}

/** What is answered, and logged, when a request ends with `error`. */
async function thrown(error: unknown) {
  const logged: string[] = [];
  const context = invocation(logged);
  const handler = withApp(async () => {
    throw error;
  });
  const answer = await handler(new HttpRequest({ method: "GET", url: "http://a/" }), context);
  const { status, body } = answerSchema.parse(answer);
  return { status, body: problemSchema.parse(JSON.parse(body)), logged };
}

const storage = (statusCode?: number, code?: string) =>
  new RestError("storage said so", {
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(code === undefined ? {} : { code }),
  });

const WITHOUT_TOKEN = Object.assign(new Error("no"), { name: "CredentialUnavailableError" });

describe("a request that meets something wrong outside", () => {
  it.each([
    ["storage that does not answer", storage()],
    ["a connection that is refused", storage(undefined, "ECONNREFUSED")],
    ["storage that lets nobody in", storage(403, "AuthorizationFailure")],
    ["storage that is busy", storage(503, "ServerBusy")],
    ["a container that is being deleted", storage(409, "ContainerBeingDeleted")],
    ["no identity to reach storage with", WITHOUT_TOKEN],
    ["others who kept writing", new Contended("run a: others kept writing it")],
  ])("such as %s, is told to send again", async (_, error) => {
    const { status, body } = await thrown(error);
    expect([status, body.type]).toEqual([503, "urn:lrq:problem:unavailable"]);
    expect(body.detail).toMatch(/send the request again/);
  });
});

const BUSY = 'error {"event":"storageOutOfReach","status":503,"code":"ServerBusy","route":"any"}';

describe("the log", () => {
  it("is told when a request cannot reach storage, and not when others kept writing", async () => {
    expect((await thrown(storage(503, "ServerBusy"))).logged).toContain(BUSY);
    const { logged } = await thrown(new Contended("run a: others kept writing it"));
    expect(logged.join()).not.toContain("storageOutOfReach");
  });

  it("is told no code when the identity gets no token, as the runbook says", async () => {
    const { logged } = await thrown(WITHOUT_TOKEN);
    expect(logged.join()).toContain('{"event":"storageOutOfReach","status":0,"code":"","route"');
  });

  it("is told the same of a message or a timer, whose error goes on to the host", async () => {
    for (const [error, said] of [
      [storage(503, "ServerBusy"), [BUSY]],
      [new TypeError("a bug"), []],
    ] as const) {
      const logged: string[] = [];
      const acting = onTrigger(invocation(logged), async () => {
        throw error;
      });
      await expect(acting).rejects.toBe(error);
      expect(logged).toEqual(said);
    }
  });

  it("is told of evidence that somebody else has changed", async () => {
    const { status, logged } = await thrown(new CustodyTrouble("a.bin has 3 bytes"));
    expect(status).toBe(500);
    const line = logged.find((each) => each.includes('"event":"custodyTrouble"'));
    expect(line).toContain('"what":"CustodyTrouble: a.bin has 3 bytes"');
  });
});

describe("a request that meets a bug", () => {
  it.each([
    ["a TypeError", new TypeError("cannot read machineId of undefined")],
    ["a row that cannot be", new Error("run a is gone")],
    ["a row that cannot be read", new SetAside("run!a", "it has version 2")],
    ["a request to storage that storage finds wrong", storage(400, "InvalidInput")],
    ["something that is no error", "a word"],
  ])("such as %s, is told so, with an id that the log has too", async (_, error) => {
    const { status, body, logged } = await thrown(error);
    expect([status, body.type]).toEqual([500, "urn:lrq:problem:unforeseen"]);
    expect(body.id).toBe("the id of the invocation");
    const line = logged.find((each) => each.includes('"event":"unforeseen"'));
    expect(line).toMatch(/^error .*"id":"the id of the invocation"/);
  });

  it("tells the log what it was, and the caller nothing of it", async () => {
    const { body, logged } = await thrown(new TypeError("a canary in a message"));
    expect(logged.join("\n")).toMatch(/TypeError: a canary in a message\n\s+at /);
    expect(JSON.stringify(body)).not.toContain("canary");
  });
});
