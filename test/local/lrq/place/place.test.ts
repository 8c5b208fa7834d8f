import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { placesFolder } from "../../../../local/lrq/place/config-folder.ts";
import { temporaryFolder } from "../exporting.ts";
import { served, typed } from "../typed.ts";

const KEY = "a-key-nobody-may-see";
const ENTRA = "--entra --tenant contoso --client app --scope api://lrq/access";

/** An lrq that knows this bearer, and says of anybody else that it does not. */
async function lrqFor(bearer: () => string): Promise<string> {
  return await served((request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${bearer()}`;
    const problem = { type: "urn:lrq:problem:unauthenticated", detail: "There is no such key." };
    const caps = { perIncident: 25, perDay: null };
    const caller = {
      name: "ana",
      team: "soc",
      all: false,
      may: ["run.read"],
      profiles: null,
      caps,
    };
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isKnown ? { ...caller, sources: ["generic"] } : problem));
  });
}

/** An Entra that answers the questions for a token with these, one after the other. */
async function entraWith(answers: readonly object[]) {
  const asked: URLSearchParams[] = [];
  const url = await served((request, response) => {
    void text(request).then((body) => {
      const isDevice = request.url === "/contoso/oauth2/v2.0/devicecode";
      if (!isDevice) asked.push(new URLSearchParams(body));
      const device = {
        device_code: "device",
        user_code: "ABCD",
        verification_uri: "https://entra/device",
        expires_in: 900,
        interval: 5,
      };
      const answer = isDevice ? device : answers[Math.min(asked.length, answers.length) - 1];
      response.end(JSON.stringify(answer));
    });
  });
  return { url, asked };
}

const tokens = (access: string, refresh: string) => ({
  access_token: access,
  refresh_token: refresh,
  expires_in: 3_600,
});

/** A home of its own, and time that only sleeping moves. */
function atHome() {
  const home = temporaryFolder();
  let nowMs = Date.parse("2026-11-29T05:00:00Z");
  const slept: number[] = [];
  const around = {
    env: { XDG_CONFIG_HOME: home },
    nowMs: () => nowMs,
    sleep: (ms: number) => {
      slept.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
  };
  const file = (name: string) => join(home, "lrq", "places", `${name}.json`);
  return { home, around, slept, file };
}

describe("lrq login with a key", () => {
  it("keeps it for the owner only, and the commands after it use it", async () => {
    const url = await lrqFor(() => KEY);
    const { around, file, home } = atHome();
    writeFileSync(join(home, "key.txt"), `${KEY}\n`);
    const signed = await typed(`login --url ${url}/api --key-file ${home}/key.txt`, around);
    expect([signed.code, signed.said]).toEqual([
      0,
      `You are ana of the team soc at ${new URL(url).host}.`,
    ]);
    expect(statSync(file("default")).mode & 0o777).toBe(0o600);
    const { code, said, noted } = await typed("whoami", around);
    expect([code, said]).toEqual([0, expect.stringMatching(/name +ana/)]);
    expect(signed.noted + signed.said + said + noted).not.toContain(KEY);
  });

  it.each([
    ["is asked for without showing it", { askSecret: () => Promise.resolve(KEY) }, ""],
    ["comes from stdin", { readInput: () => Promise.resolve(`${KEY}\n`) }, " --key-file -"],
  ])("takes a key that %s", async (_, more, option) => {
    const url = await lrqFor(() => KEY);
    const { around, file } = atHome();
    expect((await typed(`login --url ${url}${option}`, { ...around, ...more })).code).toBe(0);
    expect(readFileSync(file("default"), "utf8")).toContain(KEY);
  });

  it("keeps nothing that lrq does not know, and takes no key as an argument", async () => {
    const url = await lrqFor(() => KEY);
    const { around, file } = atHome();
    const wrong = { ...around, readInput: () => Promise.resolve("other") };
    expect((await typed(`login --url ${url} --key-file -`, wrong)).code).toBe(4);
    expect((await typed(`login --url ${url} --key ${KEY}`, around)).code).toBe(2);
    expect((await typed(`login --url ${url}`, around)).code).toBe(2);
    expect(existsSync(file("default"))).toBe(false);
  });

  it("sends no key over a connection that everybody can read", async () => {
    const { around } = atHome();
    const plain = await typed("login --url http://lrq.example --key-file -", around);
    expect([plain.code, plain.noted]).toEqual([2, expect.stringContaining("https")]);
  });

  it("is refused later if others may read the file", async () => {
    const url = await lrqFor(() => KEY);
    const { around, file } = atHome();
    await typed(`login --url ${url} --key-file -`, {
      ...around,
      readInput: () => Promise.resolve(KEY),
    });
    chmodSync(file("default"), 0o640);
    const refused = await typed("whoami", around);
    expect([refused.code, refused.noted]).toEqual([4, expect.stringContaining("chmod 600")]);
  });

  it("needs a name if there are several places, and says which there are", async () => {
    const url = await lrqFor(() => KEY);
    const { around } = atHome();
    const typing = { ...around, readInput: () => Promise.resolve(KEY) };
    for (const name of ["lab", "prod"]) {
      await typed(`login --at ${name} --url ${url} --key-file -`, typing);
    }
    const which = await typed("whoami", around);
    expect([which.code, which.noted]).toEqual([2, expect.stringContaining("lab, prod")]);
    expect((await typed("whoami --at lab", around)).code).toBe(0);
    const other = await typed("whoami --at other", around);
    expect([other.code, other.noted]).toEqual([2, expect.stringContaining("lab, prod")]);
    expect((await typed("whoami --at ../x", around)).code).toBe(2);
  });
});

describe("lrq login with Entra", () => {
  const pending = { error: "authorization_pending" };

  it("waits for the person, slower if it shall, and renews the token by itself", async () => {
    let bearer = "first";
    const url = await lrqFor(() => bearer);
    const slow = { error: "slow_down" };
    const answers = [pending, slow, tokens("first", "refresh-1"), tokens("second", "refresh-2")];
    const entra = await entraWith(answers);
    const { around, slept, file } = atHome();
    const signed = await typed(`login --url ${url} --authority ${entra.url} ${ENTRA}`, around);
    expect([signed.code, signed.noted]).toEqual([
      0,
      expect.stringContaining("https://entra/device and type the code ABCD"),
    ]);
    expect(slept).toEqual([5_000, 5_000, 10_000]);
    expect((await typed("whoami", around)).code).toBe(0);
    expect(entra.asked).toHaveLength(3);
    await around.sleep(3_500_000);
    bearer = "second";
    expect((await typed("whoami", around)).code).toBe(0);
    expect(entra.asked[3]?.get("refresh_token")).toBe("refresh-1");
    expect(readFileSync(file("default"), "utf8")).toContain("refresh-2");
    expect(readdirSync(join(file("default"), ".."))).toEqual(["default.json"]);
  });

  it.each([
    ["the person refuses", [{ error: "authorization_declined" }], 4, /refuses: authorization/],
    ["nobody types the code", [pending], 7, /in time/],
  ])("says so if %s", async (_, answers, code, why) => {
    const entra = await entraWith(answers);
    const { around, file } = atHome();
    const url = "http://127.0.0.1:1";
    const ended = await typed(`login --url ${url} --authority ${entra.url} ${ENTRA}`, around);
    expect([ended.code, ended.noted]).toEqual([code, expect.stringMatching(why)]);
    expect(existsSync(file("default"))).toBe(false);
  });

  it("says so if Entra does not answer, or its words are missing", async () => {
    const { around } = atHome();
    const line = "login --url http://127.0.0.1:1 --authority http://127.0.0.1:1 ";
    const silent = await typed(line + ENTRA, around);
    expect([silent.code, silent.noted]).toEqual([3, expect.stringContaining("Entra")]);
    expect((await typed(`${line}--entra --tenant contoso`, around)).code).toBe(2);
  });
});

describe("the folder of places", () => {
  it.each([
    [{ XDG_CONFIG_HOME: "/x", HOME: "/h" }, "linux", join("/x", "lrq", "places")],
    [{ HOME: "/h" }, "darwin", join("/h", ".config", "lrq", "places")],
    [{ APPDATA: "/a", HOME: "/h" }, "win32", join("/a", "lrq", "places")],
  ] as const)("of %j on %s is the one that the system wants", (env, platform, folder) => {
    expect(placesFolder(env, platform)).toBe(folder);
  });
});
