import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { factLines } from "../command/table.ts";
import type { Verb } from "../command/verb.ts";

const whoamiSchema = z.object({
  name: z.string(),
  team: z.string(),
  all: z.boolean(),
  may: z.array(z.string()),
  sources: z.array(z.string()),
  profiles: z.array(z.string()).nullable(),
  caps: z.object({ perIncident: z.number().nullable(), perDay: z.number().nullable() }),
});

/** `lrq whoami`: who lrq takes this user for, and what that caller may do. */
export const whoami: Verb = {
  usage: "whoami",
  summary: "who lrq takes you for, and what you may do",
  examples: [["lrq whoami", "name, team, rights, caps"]],
  run: async (asked, around) => {
    const { value, body } = await lrqFor(asked, around).get("whoami", whoamiSchema);
    if (asked.flag("json")) {
      around.sayJson(body);
      return EXIT.done;
    }
    const { name, team, all, may, sources, profiles, caps } = value;
    const facts = [
      ["name", name],
      ["team", all ? `${team}, and reaches the runs of all` : team],
      ["may", may.join(", ")],
      ["sources", sources.join(", ")],
      ["profiles", profiles === null ? "all" : profiles.join(", ")],
      ["machines", `${caps.perIncident ?? "any"} an incident, ${caps.perDay ?? "any"} a day`],
    ] as const;
    const { columns } = around;
    around.show(facts.flatMap(([title, text]) => factLines(title, text, { columns })));
    return EXIT.done;
  },
};
