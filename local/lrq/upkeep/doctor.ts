import { addressIn } from "../app-address.ts";
import { addressFor } from "../app/where.ts";
import type { Verb } from "../command/verb.ts";

/** `lrq doctor`: what the app needs, each of it checked. */
export const doctorVerb: Verb = {
  usage: "doctor",
  summary: "check settings, rights, token, Defender and queues; say the fixes",
  examples: [
    ["lrq doctor", "the app at LRQ_URL examines itself"],
    ["lrq doctor --probe", "and asks for a session on no machine"],
  ],
  options: [["--probe", "also ask for a session on no machine; one of the tenant's calls"]],
  about:
    "The key needs the right operate. Without LRQ_URL and --at it examines what the environment and\n" +
    "local.settings.json lead to. It ends with 1 if something is an error.",
  run: async (asked, around) => {
    // Loaded by whoever asks for it: no other command needs the clients of Azure.
    const { doctor } = await import("../../doctor/doctor.ts");
    const { env } = around;
    const json = asked.flag("json");
    const say = json ? around.given.say : around.say;
    const app = asked.text("at") === null ? addressIn(env) : addressFor(asked, around);
    const at = { app, env, folder: process.cwd(), say };
    return await doctor({ json, probe: asked.flag("probe") }, at);
  },
};
