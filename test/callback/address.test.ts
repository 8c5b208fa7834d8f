import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOpenAddress } from "../../shared/callback/address.ts";

const byte = fc.nat(255);

/** An IPv4 address that begins with these numbers. */
function startingWith(...first: readonly number[]): fc.Arbitrary<string> {
  const rest = fc.array(byte, { minLength: 4 - first.length, maxLength: 4 - first.length });
  return rest.map((others) => [...first, ...others].join("."));
}

const CLOSED = fc.oneof(
  ...[[0], [10], [127], [169, 254], [192, 168], [100, 64], [172, 16], [172, 31], [198, 19]].map(
    (first) => startingWith(...first),
  ),
  fc.integer({ min: 224, max: 255 }).chain((first) => startingWith(first)),
);

describe("an address", () => {
  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.1.1",
    "203.0.113.7",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
  ])("%s is closed", (address) => {
    expect(isOpenAddress(address, false)).toBe(false);
  });

  it.each(["8.8.8.8", "20.190.159.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"])(
    "%s is open",
    (address) => {
      expect(isOpenAddress(address, false)).toBe(true);
    },
  );

  it("of a private network is closed, written as IPv4 or mapped into IPv6", () => {
    fc.assert(
      fc.property(CLOSED, (address) => {
        expect(isOpenAddress(address, false)).toBe(false);
        expect(isOpenAddress(`::ffff:${address}`, false)).toBe(false);
      }),
    );
  });

  it("of this machine is open where loopback is allowed, and nothing else is opened by that", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1"].map((each) => isOpenAddress(each, true))).toEqual([
      true,
      true,
      true,
    ]);
    fc.assert(
      fc.property(CLOSED, (address) => {
        fc.pre(!address.startsWith("127."));
        expect(isOpenAddress(address, true)).toBe(false);
      }),
    );
  });

  it("is nothing that is no address", () => {
    const numbers = fc.oneof(fc.string(), fc.domain(), fc.nat().map(String));
    fc.assert(
      fc.property(numbers, (text) => {
        expect(isOpenAddress(text, true)).toBe(false);
      }),
    );
  });
});
