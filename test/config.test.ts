import { describe, expect, it } from "vitest";
import { readConfig } from "../shared/config.ts";
import { SHIPPED_LINGER_MS } from "./simulation/scenario.ts";

const WORKING = { AzureWebJobsStorage: "UseDevelopmentStorage=true", POLL_SCHEDULE: "0 * * * * *" };

describe("the setting LOCKDOWN", () => {
  it.each(["true", "TRUE", "yes", "1", "on", "ture", "flase", "-"])(
    "locks when it is %j",
    (text) => {
      expect(readConfig({ ...WORKING, LOCKDOWN: text })).toMatchObject({
        config: { access: { lockdown: true } },
      });
    },
  );

  it.each([undefined, "", "false", "False", " no ", "off", "0"])(
    "does not when it is %j",
    (text) => {
      expect(readConfig({ ...WORKING, LOCKDOWN: text })).toMatchObject({
        config: { access: { lockdown: false } },
      });
    },
  );
});

const problemsWith = (authority: string) => {
  const read = readConfig({ ...WORKING, ENTRA_AUTHORITY: authority });
  return read.kind === "wrong" ? read.problems.map(({ path }) => path) : [];
};

describe("the setting ENTRA_AUTHORITY", () => {
  it.each(["https://login.microsoftonline.us", "https://login.example/", "http://127.0.0.1:1234"])(
    "takes %s",
    (authority) => {
      expect(problemsWith(authority)).toEqual([]);
    },
  );

  it.each(["http://login.microsoftonline.com", "http://127.0.0.1.example", "ftp://a", "login"])(
    "refuses %s, where somebody else could answer",
    (authority) => {
      expect(problemsWith(authority)).toEqual(["ENTRA_AUTHORITY"]);
    },
  );
});

describe("the setting DRAIN_LINGER_SECONDS", () => {
  it("ships as what the simulation keeps its promises with", () => {
    expect(readConfig(WORKING)).toMatchObject({ config: { lingerMs: SHIPPED_LINGER_MS } });
  });
});
