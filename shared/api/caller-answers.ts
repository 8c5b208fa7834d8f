import { z } from "zod";
import { RIGHTS } from "../access/caller.ts";
import { SOURCES } from "../incident/incident.ts";

/*
 * What the app answers, strict: a field that is renamed, lost or new is a change of the interface.
 */

/** `GET whoami`. */
export const callerSchema = z.strictObject({
  name: z.string(),
  team: z.string(),
  all: z.boolean(),
  may: z.array(z.enum(RIGHTS)),
  sources: z.array(z.enum(SOURCES)),
  profiles: z.array(z.string()).nullable(),
  caps: z.strictObject({ perIncident: z.number(), perDay: z.number() }),
});

/** `GET profiles`; commands and parameters are as in the file of the profile. */
export const profilesSchema = z.strictObject({
  profiles: z.array(
    z.strictObject({
      name: z.string(),
      version: z.number(),
      title: z.string(),
      description: z.string(),
      platforms: z.array(z.string()),
      lane: z.string(),
      parameters: z.record(z.string(), z.looseObject({ description: z.string() })),
      commands: z.array(z.looseObject({ type: z.enum(["PutFile", "RunScript", "GetFile"]) })),
      pinned: z.boolean(),
      hash: z.string(),
      approvals: z.number(),
      files: z.array(z.strictObject({ name: z.string(), sha256: z.string().nullable() })),
    }),
  ),
});
