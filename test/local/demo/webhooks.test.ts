import { describe, expect, it } from "vitest";
import { castFor } from "../../../local/demo/cast.ts";
import { systemEnvironment } from "../../../local/demo/system-environment.ts";
import { webhooksFor } from "../../../local/demo/webhooks.ts";
import { parseIncident } from "../../../shared/incident/parse-incident.ts";
import { cast } from "./a-run.ts";

describe("the demo's webhooks", () => {
  it("name every machine of the cast once, by Defender's id", () => {
    const ids = webhooksFor(cast.members).flatMap(({ source, body }) => {
      const parsed = parseIncident(source, body);
      return parsed.kind === "parsed" ? parsed.value.machines.map((each) => each.machineId) : [];
    });
    expect(ids).toEqual(cast.members.map(({ machineId }) => machineId));
  });

  it("are the same for the same seed", () => {
    expect(webhooksFor(castFor(7).members)).toEqual(webhooksFor(cast.members));
  });
});

describe("the demo's environment", () => {
  it("keeps what programs need and nothing that lrq is told by", () => {
    const env = {
      Path: "C:\\Windows",
      HOME: "/home/soc",
      DEFENDER_API_URL: "https://api.security.microsoft.com",
      AzureWebJobsStorage: "real",
      CALLERS: "[]",
    };
    expect(systemEnvironment(env)).toEqual({ Path: "C:\\Windows", HOME: "/home/soc" });
  });
});
