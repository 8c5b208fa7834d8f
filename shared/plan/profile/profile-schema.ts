import { z } from "zod";
import { PLATFORMS } from "../../incident/incident.ts";
import { LANE_NAMES } from "../lane.ts";
import { parametersSchema } from "./parameter.ts";
import { rowsFormSchema, type RowsForm } from "./rows-form.ts";
import { SHELLS } from "../command/quoting.ts";

/**
 * Most commands of a profile. The API names no limit; ours keeps a sequence within the life of one
 * session.
 */
const MAX_COMMANDS = 50;

/** Most characters of a script's arguments and of a path, as templates. Our own bound. */
const MAX_TEMPLATE_CHARACTERS = 1_024;

const template = z.string().min(1).max(MAX_TEMPLATE_CHARACTERS);

const commandSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("PutFile"), fileName: template }),
  z.strictObject({
    type: z.literal("RunScript"),
    scriptName: template,
    args: template.optional(),
    rows: rowsFormSchema.optional(),
  }),
  z.strictObject({
    type: z.literal("GetFile"),
    path: template,
    rows: rowsFormSchema.optional(),
  }),
]);

/** The shape of a profile; all other rules are in profile-rules. */
export const profileSchema = z.strictObject({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use kebab-case: letters, digits and single hyphens."),
  /**
   * A higher number whenever the commands change: machines that are done collect again with a new
   * version.
   */
  version: z.int().min(1),
  title: z.string().trim().min(1).max(100),
  description: z.string().trim().min(1).max(1_000),
  platforms: z.array(z.enum(PLATFORMS)).min(1).max(PLATFORMS.length),
  lane: z.enum(LANE_NAMES),
  shell: z.enum(SHELLS),
  parameters: parametersSchema,
  commands: z.array(commandSchema).min(1).max(MAX_COMMANDS),
  /**
   * True if the commands may be in an order that the API does not take in one request; then they
   * are sent in parts.
   */
  inParts: z.boolean().default(false),
  /** False if it may run files of the library that nobody pinned. */
  pinned: z.boolean().default(true),
  /** How many people besides the one who asks have to approve it, each time. */
  approvals: z.literal([1, 2]).optional(),
});

/** What may be run: commands with `{{parameter}}` places, for which platforms, in which lane. */
export type Profile = z.infer<typeof profileSchema>;

/** One command of a profile, before its places are filled. */
export type CommandTemplate = Profile["commands"][number];

/**
 * The command whose result is rows, counted from 0 over all commands, and how it is read; null if a
 * profile has none.
 */
export interface RowsCommand {
  readonly command: number;
  readonly form: RowsForm;
}

/** See RowsCommand. */
export function rowsCommandOf({ commands }: Pick<Profile, "commands">): RowsCommand | null {
  for (const [command, each] of commands.entries()) {
    if (each.type !== "PutFile" && each.rows !== undefined) return { command, form: each.rows };
  }
  return null;
}
