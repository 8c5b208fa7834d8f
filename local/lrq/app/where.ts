import { addressIn, type AppAddress } from "../app-address.ts";
import type { Around } from "../command/around.ts";
import { UsageError } from "../command/stop.ts";
import type { Asked } from "../command/verb.ts";
import { placesFolder } from "../place/config-folder.ts";
import { DEFAULT_PLACE, placeName, placesIn } from "../place/place.ts";
import { placeAddress } from "../place/place-address.ts";
import { type Lrq, lrqAt } from "./lrq.ts";

/**
 * Where lrq is, and the key: the place of `--at`; else LRQ_URL and LRQ_KEY; else the place
 * `default`, or the only one. Throws if nobody has said it.
 */
export function addressFor(asked: Asked, around: Around): AppAddress {
  const { env, nowMs } = around;
  const named = asked.text("at");
  const given = named === null ? addressIn(env) : null;
  if (given !== null) return given;
  if (named === null && (env["LRQ_URL"] ?? env["LRQ_KEY"]) !== undefined) {
    throw new UsageError("set LRQ_URL to the address of lrq, and LRQ_KEY to your key");
  }
  const folder = placesFolder(env, process.platform);
  return placeAddress(folder, named === null ? onlyPlace(folder) : placeName(named), nowMs);
}

/** lrq where the settings say. */
export function lrqFor(asked: Asked, around: Around): Lrq {
  return lrqAt(addressFor(asked, around));
}

function onlyPlace(folder: string): string {
  const places = placesIn(folder);
  if (places.includes(DEFAULT_PLACE)) return DEFAULT_PLACE;
  const [only, ...others] = places;
  if (only === undefined) {
    throw new UsageError("say where lrq is: lrq login --url URL, or set LRQ_URL and LRQ_KEY");
  }
  if (others.length > 0) throw new UsageError(`say which one with --at: ${places.join(", ")}`);
  return only;
}
