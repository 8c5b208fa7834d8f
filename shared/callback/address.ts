import { BlockList, isIP, isIPv4 } from "node:net";

/**
 * IPv4 networks to which no callback is sent: this host and network, private, shared, link-local
 * with the metadata services, documentation, benchmarks, relays, multicast, reserved (IANA
 * special-purpose registry), and the address of Azure's own agent in a virtual machine.
 */
const CLOSED_IPV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["168.63.129.16", 32],
] as const;

/**
 * Networks within 2000::/3, the only public IPv6 space, that are closed: protocol assignments,
 * documentation, and tunnels, which can carry an IPv4 address that we cannot see.
 */
const CLOSED_IPV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
] as const;

const closed = new BlockList();
for (const [network, bits] of CLOSED_IPV4) closed.addSubnet(network, bits, "ipv4");
for (const [network, bits] of CLOSED_IPV6) closed.addSubnet(network, bits, "ipv6");

const publicIpv6 = new BlockList();
publicIpv6.addSubnet("2000::", 3, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * True if callbacks may go to this IP address: a public one, or with `allowLoopback` one of this
 * machine. Not open: text that is no address, and an IPv4 address written as IPv6, which is outside
 * 2000::/3.
 */
export function isOpenAddress(address: string, allowLoopback: boolean): boolean {
  // Only link-local addresses have a zone (`%eth0`).
  if (isIP(address) === 0 || address.includes("%")) return false;
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  if (allowLoopback && loopback.check(address, family)) return true;
  if (family === "ipv6" && !publicIpv6.check(address, family)) return false;
  return !closed.check(address, family);
}
