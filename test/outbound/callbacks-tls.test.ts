import { createServer } from "node:http";
import type { ServerOptions } from "node:https";
import tls, { connect } from "node:tls";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import type { CallbackRequest } from "../../shared/callback/answer.ts";
import { createCallbacks, type OutboundOptions } from "../../shared/outbound/callbacks.ts";
import { type CallBackPorts, openCallingBack } from "../workflow/calling-back.ts";
import { startTlsReceiver, tlsFixture, type TlsReceiver } from "./tls-receiver.ts";

const NAME = "hooks.contoso.example";
const UNKNOWN = "no authority that is trusted here signed its certificate";
const OLD: ServerOptions = {
  minVersion: "TLSv1",
  maxVersion: "TLSv1.1",
  ciphers: "DEFAULT:@SECLEVEL=0",
};

/** As the app sends, but that names lead to this machine. */
const AS_THE_APP: OutboundOptions = {
  lookup: async () => [{ address: "127.0.0.1", family: 4 }],
  allowLoopback: true,
  nowMs: Date.now,
  timeoutMs: 5_000,
  getToken: async () => ({ token: "the-token" }),
};

/** The same, with the test authority to vouch for receivers. */
function callbacks(more: Partial<OutboundOptions> = {}) {
  const authorities = [tlsFixture("worthless-authority.pem")];
  return createCallbacks({ ...AS_THE_APP, authorities, ...more });
}

function to(port: number, name = NAME): CallbackRequest {
  const url = `https://${name}:${port}/hook?sig=s3cret`;
  return { method: "POST", url, headers: {}, body: '{"é":1}', withIdentity: false };
}

async function detailOf(
  receiver: Pick<TlsReceiver, "port">,
  more: Partial<OutboundOptions> = {},
  name = NAME,
): Promise<string> {
  const answer = await callbacks(more).send(to(receiver.port, name));
  expect(JSON.stringify(answer)).not.toMatch(/s3cret|127\.0/);
  return answer.kind === "unavailable" ? answer.detail : answer.kind;
}

describe("a receiver over https", () => {
  it("with a certificate for its name is sent the callback, at the address that was checked", async () => {
    const receiver = await startTlsReceiver("receiver.pem");
    const asked: string[] = [];
    const lookup = async (name: string) => {
      asked.push(name);
      return [{ address: "127.0.0.1", family: 4 }];
    };
    const answer = await callbacks({ lookup }).send(to(receiver.port));
    expect(answer).toEqual({ kind: "answered", httpStatus: 204, retryAfterMs: null });
    const host = `${NAME}:${receiver.port}`;
    expect(receiver.received).toEqual([
      { host, serverName: NAME, protocol: "TLSv1.3", body: '{"é":1}' },
    ]);
    expect(asked).toEqual([NAME]);
  });

  it("is looked up and checked at each try, and not reached when its name has changed its mind", async () => {
    const receiver = await startTlsReceiver("receiver.pem");
    const answers = ["127.0.0.1", "10.0.0.4"];
    const lookup = async () => [{ address: answers.shift() ?? "", family: 4 }];
    const sender = callbacks({ lookup });
    expect((await sender.send(to(receiver.port))).kind).toBe("answered");
    expect((await sender.send(to(receiver.port))).kind).toBe("refusedAddress");
    expect(receiver.received).toHaveLength(1);
  });

  it("is not reached by a second look-up between the check and the connection", async () => {
    const receiver = await startTlsReceiver("receiver.pem");
    // Nobody listens at the address that is checked.
    const answers = ["127.0.0.2", "127.0.0.1"];
    const lookup = async () => [{ address: answers.shift() ?? "", family: 4 }];
    expect(await detailOf(receiver, { lookup })).toBe("no answer (ECONNREFUSED)");
    expect(answers).toEqual(["127.0.0.1"]);
    expect(receiver.received).toEqual([]);
  });
});

describe("a receiver that does not prove its name", () => {
  it.each([
    ["expired", "receiver-expired.pem", "its certificate has expired (CERT_HAS_EXPIRED)"],
    [
      "of the future",
      "receiver-early.pem",
      "its certificate is not valid yet (CERT_NOT_YET_VALID)",
    ],
    [
      "of an unknown authority",
      "receiver-of-unknown-authority.pem",
      `${UNKNOWN} (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    ],
  ])(
    "because its certificate is %s is sent nothing, and the words say why",
    async (_, pem, why) => {
      const receiver = await startTlsReceiver(pem);
      expect(await detailOf(receiver)).toBe(why);
      expect(receiver.received).toEqual([]);
    },
  );

  it("because its certificate is for another name is sent nothing", async () => {
    const receiver = await startTlsReceiver("receiver.pem");
    for (const name of ["other.contoso.example", `a.${NAME}`, "127.0.0.1"]) {
      const why = "its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)";
      expect(await detailOf(receiver, {}, name)).toBe(why);
    }
    expect(receiver.received).toEqual([]);
  });

  it("to those whom Node trusts is sent nothing when nobody else is named", async () => {
    const receiver = await startTlsReceiver("receiver.pem");
    const answer = await createCallbacks(AS_THE_APP).send(to(receiver.port));
    const detail = `${UNKNOWN} (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`;
    expect(answer).toEqual({ kind: "unavailable", detail });
    expect(receiver.received).toEqual([]);
  });

  it("is sent nothing though the environment tells Node to believe anybody", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    const receiver = await startTlsReceiver("receiver-of-unknown-authority.pem");
    expect(await detailOf(receiver)).toContain(UNKNOWN);
    expect(receiver.received).toEqual([]);
  });

  it("is tried again by the schedule and given up by it, and never counts as told", async () => {
    const receiver = await startTlsReceiver("receiver-expired.pem");
    const sender = callbacks();
    const world = openCallingBack(() => 204);
    const ports = world.ports((all: CallBackPorts) => ({
      ...all,
      callbacks: { send: async (asked) => await sender.send({ ...asked, ...at(receiver) }) },
    }));
    await world.accept(1);
    expect(await world.serve(ports)).toEqual(["again"]);
    expect(world.notices()).toMatchObject([{ tries: 1 }]);
    expect(JSON.stringify(world.notices())).toContain("its certificate has expired");
    for (const waitMs of [5_000, 300_000, 1_800_000]) {
      world.pass(waitMs - 1);
      expect(await world.serve(ports)).toEqual([]);
      world.pass(1);
      expect(await world.serve(ports)).toEqual([waitMs === 1_800_000 ? "dead" : "again"]);
    }
    expect(world.dead()).toBe(1);
    expect((await world.run()).callbacks.map(({ delivered }) => delivered)).toEqual([null]);
    expect(receiver.received).toEqual([]);
  });
});

describe("a receiver that speaks no TLS of today", () => {
  it("but 1.1 is sent nothing, even where Node's own bounds were lowered", async () => {
    const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
    onTestFinished(() => void Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS }));
    Object.assign(tls, { DEFAULT_MIN_VERSION: "TLSv1", DEFAULT_CIPHERS: OLD.ciphers });
    const receiver = await startTlsReceiver("receiver.pem", OLD);
    // Somebody else would get through: it does speak it.
    expect(await protocolWith(receiver.port)).toBe("TLSv1.1");
    expect(await detailOf(receiver)).toBe(
      "it does not speak TLS 1.2 or later (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION)",
    );
    expect(receiver.received).toEqual([]);
  });

  it("but 1.2 is sent the callback", async () => {
    const receiver = await startTlsReceiver("receiver.pem", { maxVersion: "TLSv1.2" });
    expect(await detailOf(receiver)).toBe("answered");
    expect(receiver.received).toMatchObject([{ protocol: "TLSv1.2", serverName: NAME }]);
  });

  it("but plain HTTP is sent nothing", async () => {
    const seen: unknown[] = [];
    const server = createServer((request) => seen.push(request.url));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = z.object({ port: z.number() }).parse(server.address());
    expect(await detailOf({ port })).toBe(
      "it does not speak TLS 1.2 or later (ERR_SSL_WRONG_VERSION_NUMBER)",
    );
    expect(seen).toEqual([]);
  });
});

/** Leads what goes to any target to this receiver, under its name. */
function at({ port }: TlsReceiver): Pick<CallbackRequest, "url"> {
  return { url: `https://${NAME}:${port}/hook` };
}

async function protocolWith(port: number): Promise<string | null> {
  return await new Promise((resolve, reject) => {
    const ca = tlsFixture("worthless-authority.pem");
    const socket = connect({ port, host: "127.0.0.1", servername: NAME, ca }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}
