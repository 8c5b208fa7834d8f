import { gathered } from "../command/gathered.ts";
import type { Verb } from "../command/verb.ts";

/** `lrq evidence join DIR INTO`: what a collector left in parts, whole again. */
export const join: Verb = {
  usage: "evidence join <folder> <into>",
  summary: "join what a collector left in parts; needs only the folders",
  examples: [["lrq evidence join case-1 joined", "parts below case-1, files into joined"]],
  asksApp: false,
  run: async (asked, around) => {
    const [folder = "", into = ""] = asked.words;
    const { joinCommand } = await import("../../evidence/join-command.ts");
    return await gathered(asked, around, async (say) => await joinCommand(folder, into, say));
  },
};
