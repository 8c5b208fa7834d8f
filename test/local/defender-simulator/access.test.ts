import { describe, expect, it } from "vitest";
import type { TokenOptions } from "../../../local/defender-simulator/options.ts";
import { codeOf, machineId, RUN, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

const AUDIENCE = "https://api.securitycenter.microsoft.com";
const ROLES = ["Machine.LiveResponse", "Machine.ReadWrite.All"];

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

function askToken({ call }: Bench, form: Record<string, string>, version = "/v2.0") {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "app-1",
    client_secret: "secret",
    ...form,
  });
  return call("POST", `/tenant-1/oauth2${version}/token`, body.toString(), {
    "Content-Type": "application/x-www-form-urlencoded",
  });
}

function requiring(options: Partial<TokenOptions> = {}): { token: TokenOptions } {
  const application = { clientId: "app-1", clientSecret: "secret", name: "lrq", roles: ROLES };
  return { token: { required: true, applications: [application], ...options } };
}

describe("the token endpoint", () => {
  it("issues a token that opens the API under the application's name", async () => {
    const bench = await startBench(requiring());
    const reply = await askToken(bench, { scope: `${AUDIENCE}/.default` });
    expect(reply.at("expires_in")).toBe(3_599);
    const token = String(reply.at("access_token"));
    const path = `/api/machines/${machineId(0)}/runliveresponse`;
    const posted = await bench.call("POST", path, { Commands: [RUN] }, bearer(token));
    expect(posted.at("requestor")).toBe("lrq");
  });

  it("issues one for a resource in its older version", async () => {
    const bench = await startBench(requiring());
    const token = (await askToken(bench, { resource: AUDIENCE }, "")).at("access_token");
    const list = await bench.call("GET", "/api/machineactions", undefined, bearer(String(token)));
    expect(list.status).toBe(200);
  });

  it.each([
    [{ client_secret: "wrong" }, 401, "invalid_client"],
    [{ client_id: "nobody" }, 401, "invalid_client"],
    [{ grant_type: "password" }, 400, "unsupported_grant_type"],
    [{ scope: "openid" }, 400, "invalid_scope"],
  ])("refuses %j", async (form, status, error) => {
    const bench = await startBench(requiring());
    const reply = await askToken(bench, { scope: `${AUDIENCE}/.default`, ...form });
    expect([reply.status, reply.at("error")]).toEqual([status, error]);
  });
});

describe("a token", () => {
  it("is wanted", async () => {
    const bench = await startBench(requiring());
    const refused = await bench.call("GET", "/api/machineactions");
    expect([refused.status, codeOf(refused)]).toEqual([401, "Unauthorized"]);
  });

  it("is refused when it was forged", async () => {
    const bench = await startBench(requiring());
    const token = (await askToken(bench, { scope: `${AUDIENCE}/.default` })).at("access_token");
    const [header, , signature] = String(token).split(".");
    const claims = Buffer.from(JSON.stringify({ aud: AUDIENCE, exp: 9e9, roles: ROLES }));
    const forged = bearer(`${header}.${claims.toString("base64url")}.${signature}`);
    const refused = await bench.call("GET", "/api/machineactions", undefined, forged);
    expect(refused.status).toBe(401);
  });

  it("is refused with 401 once it has expired", async () => {
    const bench = await startBench(requiring());
    const token = (await askToken(bench, { scope: `${AUDIENCE}/.default` })).at("access_token");
    bench.clock.advanceSeconds(3_599);
    const headers = bearer(String(token));
    const refused = await bench.call("GET", "/api/machineactions", undefined, headers);
    expect([refused.status, codeOf(refused)]).toEqual([401, "Unauthorized"]);
  });

  it("is refused with 403 for another audience, unless that audience is configured", async () => {
    const other = "https://api.security.microsoft.com";
    const status = async (options: Partial<TokenOptions>) => {
      const bench = await startBench(requiring(options));
      const token = (await askToken(bench, { scope: `${other}/.default` })).at("access_token");
      const headers = bearer(String(token));
      return (await bench.call("GET", "/api/machineactions", undefined, headers)).status;
    };
    expect(await status({})).toBe(403);
    expect(await status({ audiences: [other] })).toBe(200);
  });

  it("is refused with 403 and the missing permissions when it lacks the role", async () => {
    const accepted = [{ token: "live", roles: ["Machine.LiveResponse"] }];
    const bench = await startBench(requiring({ accepted }));
    const refused = await bench.call("GET", "/api/machineactions", undefined, bearer("live"));
    expect([refused.status, codeOf(refused)]).toEqual([403, "Forbidden"]);
    expect(refused.at("error", "message")).toContain("(Machine.ReadWrite.All)");
    const library = await bench.call("GET", "/api/libraryfiles", undefined, bearer("live"));
    expect(library.at("error", "message")).toContain("(Library.Manage)");
  });

  it("with the read role opens machine actions and one machine only when the switch says so", async () => {
    const accepted = [{ token: "read", roles: ["Machine.Read.All"] }];
    const statuses = async (readRoleSuffices: boolean) => {
      const bench = await startBench({
        ...requiring({ accepted }),
        switches: { readRoleSuffices },
      });
      const paths = ["/api/machineactions", `/api/machines/${machineId(0)}`];
      const asked = paths.map((path) => bench.call("GET", path, undefined, bearer("read")));
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    expect(await statuses(false)).toEqual([403, 403]);
    expect(await statuses(true)).toEqual([200, 200]);
  });

  it("may be a plain string with every role", async () => {
    const bench = await startBench(requiring({ accepted: ["static"] }));
    const reply = await bench.call("GET", "/api/libraryfiles", undefined, bearer("static"));
    expect(reply.status).toBe(200);
  });
});
