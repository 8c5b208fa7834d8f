import { describe, expect, it } from "vitest";
import { readConfig } from "../../shared/config.ts";

const LOCAL = { DEFENDER_API_URL: "http://127.0.0.1:1" };

/** What these settings come to, beside those every app needs. */
function configOf(env: Readonly<Record<string, string>>) {
  return readConfig({
    AzureWebJobsStorage: "UseDevelopmentStorage=true",
    POLL_SCHEDULE: "0 * * * * *",
    ...env,
  });
}

function wrongIn(env: Readonly<Record<string, string>>): string[] {
  const read = configOf(env);
  return read.kind === "wrong" ? read.problems.map(({ path }) => path) : [];
}

describe("the settings of callbacks", () => {
  it("send nothing anywhere until a host is allowed", () => {
    expect(configOf({})).toMatchObject({
      kind: "config",
      config: {
        callbacks: {
          hosts: [],
          allowLoopback: false,
          sentinelComments: false,
          timeoutMs: 15_000,
          managementUrl: "https://management.azure.com",
          accessToken: null,
        },
      },
    });
  });

  it.each([
    ["CALLBACK_HOSTS", "https://hooks.contoso.example"],
    ["CALLBACK_HOSTS", "*.com"],
    ["CALLBACK_ALLOW_LOOPBACK", "yes"],
    ["CALLBACK_SCHEDULE_SECONDS", "5,-1"],
    ["CALLBACK_SCHEDULE_SECONDS", "5,soon"],
    ["CALLBACK_SCHEDULE_SECONDS", "86401"],
    ["CALLBACK_SCHEDULE_SECONDS", Array.from({ length: 21 }, () => "1").join()],
    ["AZURE_MANAGEMENT_URL", "https://management.azure.com/subscriptions"],
    ["AZURE_MANAGEMENT_URL", "https://user@management.azure.com"],
  ])("%s is not %s", (name, value) => {
    expect(wrongIn({ ...LOCAL, [name]: value })).toEqual([name]);
  });

  it("open this machine, and take a fixed token, in a local stack only", () => {
    const opened = {
      CALLBACK_HOSTS: "127.0.0.1",
      CALLBACK_ALLOW_LOOPBACK: "true",
      AZURE_MANAGEMENT_URL: "http://127.0.0.1:2",
      AZURE_MANAGEMENT_ACCESS_TOKEN: "token",
    };
    expect(wrongIn({ ...LOCAL, ...opened })).toEqual([]);
    expect(wrongIn(opened)).toEqual([
      "CALLBACK_ALLOW_LOOPBACK",
      "AZURE_MANAGEMENT_URL",
      "AZURE_MANAGEMENT_ACCESS_TOKEN",
    ]);
    const elsewhere = { ...LOCAL, AZURE_MANAGEMENT_ACCESS_TOKEN: "token" };
    expect(wrongIn(elsewhere)).toEqual(["AZURE_MANAGEMENT_ACCESS_TOKEN"]);
    expect(wrongIn({ ...LOCAL, AZURE_MANAGEMENT_URL: "http://management.example" })).toEqual([
      "AZURE_MANAGEMENT_URL",
    ]);
  });
});
