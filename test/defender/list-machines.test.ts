import { describe, expect, it, onTestFinished } from "vitest";
import { startSimulator } from "../../local/defender-simulator/simulator.ts";
import type { Defender, MachinePage } from "../../shared/ports.ts";
import { machineId, machines } from "../local/defender-simulator/caller.ts";
import { clientOf, json, loopback, refusal } from "./loopback.ts";

const id = (index: number) => String(index).padStart(40, "0");
const members = (count: number) => Array.from({ length: count }, (_, index) => ({ id: id(index) }));

async function page(defender: Defender, after: string | null): Promise<MachinePage> {
  const reply = await defender.listMachines(after);
  if (reply.kind !== "answered") throw new Error(JSON.stringify(reply));
  return reply.value;
}

/** All pages, each with the place behind it. */
async function everyPage(defender: Defender): Promise<MachinePage[]> {
  const pages: MachinePage[] = [];
  for (let after: string | null = null; pages.length < 20;) {
    const one: MachinePage = await page(defender, after);
    pages.push(one);
    if (one.next === null) return pages;
    after = one.next;
  }
  throw new Error("the list has no end");
}

async function tenantOf(count: number, pageSize: number) {
  const limits = { pageSize };
  const simulator = await startSimulator({ seed: 1, machines: machines(count), limits });
  onTestFinished(() => simulator.close());
  const { host } = new URL(simulator.url);
  return { simulator, defender: clientOf({ host, baseUrl: simulator.url, seen: [] }) };
}

describe("listMachines", () => {
  it.each([
    [0, 10_000, [0]],
    [3, 10_000, [3]],
    [2_000, 10_000, [2_000, 0]],
    [4_100, 10_000, [2_000, 2_000, 100]],
    // Shorter pages than were asked for come with a link that leads as far as `$top`.
    [4_100, 1_500, [1_500, 500, 1_500, 500, 100]],
  ])("shows %i machines in pages of Defender's %i, a call each", async (count, size, lengths) => {
    const { simulator, defender } = await tenantOf(count, size);
    const pages = await everyPage(defender);
    expect(pages.map((one) => one.machines.length)).toEqual(lengths);
    const ids = pages.flatMap((one) => one.machines.map((machine) => machine.machineId));
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => machineId(index)));
    expect(simulator.reads()["machines"]).toBe(lengths.length);
  });

  it("asks for 2,000, and for machines of any kind", async () => {
    const server = await loopback((_, response) => json(response, 200, { value: members(2) }));
    expect(await page(clientOf(server), null)).toMatchObject({ next: null });
    await page(clientOf(server), "4000");
    expect(server.seen.map(({ url }) => url)).toEqual([
      "/api/machines?$top=2000",
      "/api/machines?$top=2000&$skip=4000",
    ]);
  });

  it("follows Defender's own link, with the token, and says where it is", async () => {
    const server = await loopback(({ url }, response, host) => {
      const link = { "@odata.nextLink": `http://${host}/api/machines?$skiptoken=a%20b` };
      json(response, 200, { value: members(3), ...(url.includes("skiptoken") ? {} : link) });
    });
    const first = await page(clientOf(server), null);
    expect(await page(clientOf(server), first.next)).toMatchObject({ next: null });
    expect(server.seen.map(({ url }) => url)).toEqual([
      "/api/machines?$top=2000",
      "/api/machines?$skiptoken=a%20b",
    ]);
    expect(server.seen[1]?.headers.authorization).toBe("Bearer token-1");
  });

  it("sends the token to no other host, neither for a link nor for a stored place", async () => {
    const link = { "@odata.nextLink": "http://127.0.0.1:1/api/machines?$skip=2" };
    const server = await loopback((_, response) => json(response, 200, { value: [], ...link }));
    expect(await clientOf(server).listMachines(null)).toMatchObject({ kind: "unavailable" });
    const places = ["2 http://127.0.0.1:1/api/machines", "http://127.0.0.1:1/", "", "-1"];
    for (const place of places) {
      expect(await clientOf(server).listMachines(place)).toMatchObject({ kind: "unavailable" });
    }
    expect(server.seen).toHaveLength(1);
  });

  it("is empty where Defender says 404, but not where its own link led", async () => {
    const server = await loopback((_, response) => json(response, 404, refusal("NotFound")));
    expect(await page(clientOf(server), null)).toEqual({ machines: [], next: null });
    expect(await page(clientOf(server), "2000")).toEqual({ machines: [], next: null });
    const linked = `3 ${server.baseUrl}/api/machines?$skiptoken=x`;
    expect(await clientOf(server).listMachines(linked)).toMatchObject({ kind: "unavailable" });
  });

  it.each([
    [403, "Forbidden", "refused"],
    [429, "TooManyRequests", "throttled"],
    [500, "InternalServerError", "unavailable"],
  ])("after %i is %s: %s", async (status, code, kind) => {
    const server = await loopback((_, response) => json(response, status, refusal(code)));
    expect((await clientOf(server).listMachines(null)).kind).toBe(kind);
  });
});
