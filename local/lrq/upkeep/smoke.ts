import { addressFor } from "../app/where.ts";
import { minutesIn } from "../command/minutes.ts";
import { UsageError } from "../command/stop.ts";
import type { Verb } from "../command/verb.ts";

/** Longer than DEFENDER_PENDING_MINUTES, 15: then lrq knows that a machine is off. */
const MINUTES = 20;
const MINUTE_MS = 60_000;

/** `lrq smoke --machine NAME`: the whole road, on one machine. */
export const smokeVerb: Verb = {
  usage: "smoke",
  summary: "fetch the hosts file of one machine by the whole road",
  examples: [
    ["lrq smoke --machine pc-0002", "says a verdict for each step"],
    ["lrq smoke --machine pc-0002 --minutes 5", "waits no longer than that"],
  ],
  options: [
    ["--machine <name>", "the machine, as Defender names it"],
    ["--minutes <number>", `how long it waits (default: ${MINUTES})`],
  ],
  about: "The key needs incident.submit, run.read and evidence.read.",
  run: async (asked, around) => {
    const machine = asked.text("machine");
    if (machine === null || machine === "") throw new UsageError("smoke needs --machine NAME");
    const minutes = (minutesIn(asked, "minutes") ?? MINUTES * MINUTE_MS) / MINUTE_MS;
    const json = asked.flag("json");
    const { smoke } = await import("../../smoke/smoke.ts");
    const say = json ? around.given.say : around.say;
    return await smoke({ machine, minutes, json }, addressFor(asked, around), say);
  },
};
