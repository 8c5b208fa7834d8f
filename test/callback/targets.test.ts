import { describe, expect, it } from "vitest";
import { hostsIn } from "../../shared/callback/hosts.ts";
import {
  askedTrouble,
  recipientOf,
  settingProblems,
  targetsOf,
  type CallbackRules,
} from "../../shared/callback/targets.ts";
import type { CallbackTarget } from "../../shared/ledger/outbox/notice.ts";
import { incident } from "../plan/planning.ts";
import { aCaller, SECRET } from "./told-facts.ts";

const RULES: CallbackRules = {
  hosts: hostsIn("*.contoso.example,dev1.service-now.com") ?? [],
  allowLoopback: false,
  sentinelComments: true,
  managementUrl: "https://management.azure.com",
};
const HOOK = { url: "https://hooks.contoso.example/lrq?sig=secret", secret: SECRET };
const NOTE = {
  url: "https://dev1.service-now.com/api/now/table/incident/{incidentId}",
  shape: "servicenow",
  header: { name: "Authorization", value: "Basic Zm9vOmJhcg==" },
};
const ASKED = { url: "https://ask.contoso.example/run?sig=secret", events: null };
const RUN = { incidentId: "INC-1", armId: null };

/** The one target that a caller's setting, or request, makes. */
function only(targets: readonly CallbackTarget[]): CallbackTarget {
  expect(targets).toHaveLength(1);
  const [target] = targets;
  if (target === undefined) throw new Error("no target");
  return target;
}

describe("who is told of a run", () => {
  it("is what the caller's settings say, without its address or secrets", () => {
    const target = only(targetsOf(aCaller({ callbacks: [HOOK] }), incident(), null, RULES));
    expect(target).toMatchObject({
      from: "setting",
      shape: "generic",
      host: "hooks.contoso.example",
      url: null,
      events: ["run.accepted", "run.finished"],
    });
    expect(JSON.stringify(target)).not.toMatch(/sig|whsec/);
  });

  it("is a ticket's own system only, or a generic caller's", () => {
    const soar = aCaller({ callbacks: [NOTE] });
    const count = (source: "servicenow" | "jira" | "generic" | "sentinel") =>
      targetsOf(soar, incident({ source }), null, RULES).length;
    expect([count("servicenow"), count("generic"), count("jira"), count("sentinel")]).toEqual([
      1, 1, 0, 0,
    ]);
  });

  it("is the address that came with the request, kept for it has no other place", () => {
    const soar = aCaller({ callbackSecret: SECRET });
    expect(only(targetsOf(soar, incident(), ASKED, RULES))).toMatchObject({
      from: "request",
      host: "ask.contoso.example",
      url: ASKED.url,
    });
  });

  it("is Sentinel, if comments are on and the incident is one of Azure's", () => {
    const arm = incident({ armId: "/subscriptions/1/incidents/2" });
    const off = { ...RULES, sentinelComments: false };
    expect(only(targetsOf(aCaller(), arm, null, RULES)).shape).toBe("sentinel");
    expect(targetsOf(aCaller(), incident(), null, RULES)).toEqual([]);
    expect(targetsOf(aCaller(), arm, null, off)).toEqual([]);
  });
});

describe("the callback a request asks for", () => {
  it("is refused without an allowed host, and without a secret to sign with; else not", () => {
    const soar = aCaller({ callbackSecret: SECRET });
    expect(askedTrouble(soar, ASKED, { ...RULES, hosts: [] })).toContain("CALLBACK_HOSTS");
    expect(askedTrouble(soar, { ...ASKED, url: "https://evil.example/" }, RULES)).toContain("host");
    expect(askedTrouble(aCaller(), ASKED, RULES)).toContain("callbackSecret");
    expect(askedTrouble(soar, ASKED, RULES)).toBeNull();
  });
});

/** The path of an incident in a resource group. */
const at = (group: string) =>
  `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/${group}/providers` +
  "/Microsoft.OperationalInsights/workspaces/law-soc/providers/Microsoft.SecurityInsights" +
  "/incidents/1";

describe("where a notice is sent", () => {
  const soar = aCaller({ callbacks: [HOOK, NOTE], callbackSecret: SECRET });
  const [hook, note] = targetsOf(soar, incident({ source: "generic" }), null, RULES);
  if (hook === undefined || note === undefined) throw new Error("no targets");

  it("is looked up in the settings then, by what they say and not by their order", () => {
    const reversed = aCaller({ callbacks: [NOTE, HOOK] });
    expect(recipientOf(hook, RUN, [reversed], RULES)).toEqual({
      kind: "to",
      to: { shape: "generic", url: HOOK.url, secrets: [SECRET], header: null },
    });
  });

  it("has the incident's id in its place, encoded", () => {
    const [odd, up, upTwice] = ["a/../b?c#d", ".", ".."].map((incidentId) =>
      recipientOf(note, { ...RUN, incidentId }, [soar], RULES),
    );
    const url = "https://dev1.service-now.com/api/now/table/incident/a%2F..%2Fb%3Fc%23d";
    expect(odd).toMatchObject({ kind: "to", to: { url } });
    expect([up?.kind, upTwice?.kind]).toEqual(["nobody", "nobody"]);
  });

  it("is an incident of Sentinel by its path, and nowhere for a stored path that climbs", () => {
    const comments = only(targetsOf(aCaller(), incident({ armId: at("rg") }), null, RULES));
    const own = recipientOf(comments, { ...RUN, armId: at("other") }, [soar], RULES);
    expect(own).toMatchObject({ kind: "to", to: { armId: at("rg") } });
    // An older version of the app stored the path with the run alone.
    const older = { ...comments, armId: null };
    const found = (armId: string) => recipientOf(older, { ...RUN, armId }, [soar], RULES);
    expect(found(at("rg"))).toMatchObject({ kind: "to", to: { armId: at("rg") } });
    expect(found(at("..")).kind).toBe("nobody");
  });

  it("is nowhere once the setting, the caller or the host is gone", () => {
    const why = (of: CallbackTarget, callers: Parameters<typeof recipientOf>[2], rules = RULES) => {
      const found = recipientOf(of, RUN, callers, rules);
      return found.kind === "nobody" ? found.why : "told";
    };
    expect(why(hook, [soar])).toBe("told");
    expect(why(hook, [aCaller()])).toContain("no longer in CALLERS");
    expect(why(hook, [])).toContain("no longer in CALLERS");
    expect(why(hook, [soar], { ...RULES, hosts: ["other.example"] })).toContain("CALLBACK_HOSTS");
    const asked = only(targetsOf(aCaller({ callbackSecret: SECRET }), incident(), ASKED, RULES));
    expect(why(asked, [aCaller()])).toContain("no longer in CALLERS");
    expect(why(asked, [soar])).toBe("told");
    const narrowed = { ...RULES, hosts: ["other.example"] };
    expect(why(asked, [soar], narrowed)).toContain("CALLBACK_HOSTS");
  });
});

describe("callbacks in CALLERS", () => {
  it("that may not be sent to are all said at the start, by their place and not their address", () => {
    const soar = aCaller({
      callbacks: [HOOK, { ...HOOK, url: "https://evil.example/sig" }, NOTE],
    });
    expect(settingProblems([aCaller(), soar], RULES)).toEqual([
      { path: "CALLERS.1.callbacks.1.url", message: "its host is not one of CALLBACK_HOSTS" },
    ]);
  });

  it.each([
    ["a generic one without a secret", { url: HOOK.url }],
    ["a secret that is none", { ...HOOK, secret: "whsec_short" }],
    ["no event at all", { ...HOOK, events: [] }],
    ["an address twice", [HOOK, HOOK]],
    ["a header that is set already", { ...NOTE, header: { name: "Webhook-Id", value: "1" } }],
    ["a header of two lines", { ...NOTE, header: { name: "X-Key", value: "a\r\nb: c" } }],
  ])("cannot have %s", (_what, setting) => {
    expect(() => aCaller({ callbacks: [setting].flat() })).toThrow(/callbacks/);
  });
});
