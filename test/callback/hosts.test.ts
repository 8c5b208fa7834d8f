import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostsIn, shownHost, urlTrouble, type HostRules } from "../../shared/callback/hosts.ts";

function rules(hosts: string, allowLoopback = false): HostRules {
  return { hosts: hostsIn(hosts) ?? [], allowLoopback };
}

const RULES = rules("hooks.contoso.example, *.service-now.com");

describe("the allowed hosts", () => {
  it("are names, suffixes of two labels, and addresses, with commas between them", () => {
    expect(hostsIn(" Hooks.Contoso.example,*.service-now.com, 127.0.0.1,[::1],")).toEqual([
      "hooks.contoso.example",
      "*.service-now.com",
      "127.0.0.1",
      "[::1]",
    ]);
    expect(hostsIn("")).toEqual([]);
  });

  it.each([
    "*",
    "*.com",
    "a.*.example",
    "https://a.example",
    "a.example/path",
    "a b",
    "a.example:1",
  ])("are not %j", (text) => {
    expect(hostsIn(text)).toBeNull();
  });
});

describe("an address to call back", () => {
  it.each([
    "https://hooks.contoso.example/lrq?sig=secret",
    "https://HOOKS.contoso.example./",
    "https://dev1.service-now.com/api/now/table/incident/1",
    "https://a.b.service-now.com:443/",
  ])("%s is allowed", (url) => {
    expect(urlTrouble(url, RULES)).toBeNull();
  });

  it.each([
    ["http://hooks.contoso.example/", "is not https"],
    ["https://hooks.contoso.example:8443/", "has a port"],
    ["https://user@hooks.contoso.example/", "has a name or a password"],
    ["https://user:pass@hooks.contoso.example/", "has a name or a password"],
    ["https://hooks.contoso.example/#x", "has a fragment"],
    ["https://service-now.com/", "not one of CALLBACK_HOSTS"],
    ["https://evilservice-now.com/", "not one of CALLBACK_HOSTS"],
    ["https://hooks.contoso.example.evil.example/", "not one of CALLBACK_HOSTS"],
    ["https://127.0.0.1/", "not one of CALLBACK_HOSTS"],
    ["https://169.254.169.254/metadata", "not one of CALLBACK_HOSTS"],
    ["file:///etc/passwd", "not one of CALLBACK_HOSTS"],
    ["no address", "is no address"],
    [`https://hooks.contoso.example/${"a".repeat(2_048)}`, "is no address, or has more than"],
  ])("%s is refused", (url, trouble) => {
    expect(urlTrouble(url, RULES)).toContain(trouble);
  });

  it("is refused while no host is allowed, and the reason names the setting", () => {
    expect(urlTrouble("https://hooks.contoso.example/", rules(""))).toContain("CALLBACK_HOSTS");
  });

  it("may be http with a port on this machine, where that is allowed and its host is listed", () => {
    const url = "http://127.0.0.1:8080/hook";
    expect(urlTrouble(url, rules("127.0.0.1", true))).toBeNull();
    expect(urlTrouble(url, rules("127.0.0.1", false))).toBe("is not https");
    expect(urlTrouble(url, rules("localhost", true))).toContain("CALLBACK_HOSTS");
    expect(urlTrouble("http://hooks.contoso.example/", rules("hooks.contoso.example", true))).toBe(
      "is not https",
    );
  });

  it("is never repeated in what is said of it, and shown only as its host", () => {
    const secret = "s3cr3t-in-the-query";
    const urls = fc.oneof(
      fc.webUrl({ withQueryParameters: true }).map((url) => `${url}${secret}`),
      fc.string().map((text) => `${text}${secret}`),
    );
    fc.assert(
      fc.property(urls, (url) => {
        expect(urlTrouble(url, RULES) ?? "").not.toContain(secret);
      }),
    );
    expect(shownHost(`https://hooks.contoso.example/${secret}?sig=${secret}`)).toBe(
      "hooks.contoso.example",
    );
  });
});
