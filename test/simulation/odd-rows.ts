import type { Row } from "../../shared/ports.ts";
import { oneOf, stream } from "./streams.ts";
import type { World } from "./world.ts";

/** Lets some rows be of another version for a while, and sees that nobody writes them meanwhile. */
export function startOddRows(world: World): void {
  const { scenario, clock, startMs } = world;
  const random = stream(scenario.seed, "odd rows");
  for (const { kind, atMs, forMs } of scenario.versions.odd) {
    clock.at(startMs + atMs, () => {
      const rows = world.memory.rows().filter((row) => row.key.startsWith(kind) && isOfOne(row));
      if (rows.length === 0) return;
      const row = oneOf(random, rows);
      void write(world, row, 2).then((etag) => {
        clock.at(clock.nowMs() + forMs, () => void restore(world, row, etag));
      });
    });
  }
}

async function restore(world: World, row: Row, etag: string): Promise<void> {
  const current = await world.memory.read(row.key);
  if (current?.etag !== etag) {
    // These follow from their record: they are written anew, and go, with it.
    if (/^(?:ready|owed|planned)!/.test(row.key)) return;
    return world.court.fail("aside", `${row.key} was written, but nobody knows its version`);
  }
  await write(world, row, 1);
}

async function write(world: World, { key, body }: Row, v: number): Promise<string> {
  const members = typeof body === "object" ? body : {};
  const change = { op: "replace", key, body: { ...members, v }, etag: "*" } as const;
  const outcome = await world.memory.commit([change]);
  return outcome.kind === "committed" ? (outcome.etags.get(key) ?? "") : "";
}

function isOfOne({ body }: Row): boolean {
  return typeof body === "object" && body !== null && "v" in body && body.v === 1;
}
