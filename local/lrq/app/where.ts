import { addressIn, type AppAddress } from "../app-address.ts";
import type { Around } from "../command/around.ts";
import { UsageError } from "../command/stop.ts";
import { type Lrq, lrqAt } from "./lrq.ts";

/** Where lrq is, and the key; throws if nobody has said it. */
export function addressFor({ env }: Pick<Around, "env">): AppAddress {
  const address = addressIn(env);
  if (address !== null) return address;
  throw new UsageError("set LRQ_URL to the address of lrq, and LRQ_KEY to your key");
}

/** lrq where the settings say. */
export function lrqFor(around: Pick<Around, "env">): Lrq {
  return lrqAt(addressFor(around));
}
