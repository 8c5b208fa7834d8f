import { z } from "zod";
import type { Parsed, Problem } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import { schemaProblems } from "../../incident/schema-problems.ts";
import { libraryFileProblem } from "../command/file-names.ts";

/** The file with the pins, in the folder of the scripts that it pins. */
export const PINS_FILE = "library.json";

/** Most pinned files, and most characters of what is said about one. Our own bounds. */
const MAX_FILES = 200;
const MAX_DESCRIPTION_CHARACTERS = 500;

const descriptionSchema = z.string().trim().min(1).max(MAX_DESCRIPTION_CHARACTERS);

const pinSchema = z.strictObject({
  name: z.string().refine((name) => libraryFileProblem(name) === null, {
    error: ({ input }) => libraryFileProblem(String(input)) ?? "",
  }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "Write the SHA-256 as 64 lower-case hex digits."),
  description: descriptionSchema.nullable(),
  /** What the script takes, for people; null if it takes nothing. */
  parameters: descriptionSchema.nullable(),
  /** True if the file has a signature in it. Its hash is then that of the signed file. */
  signed: z.boolean(),
});

const pinsSchema = z.strictObject({
  version: z.literal(1),
  files: z.array(pinSchema).max(MAX_FILES),
});

/** What a file of the library has to be. */
export type Pin = Readonly<z.infer<typeof pinSchema>>;

/** All pins by the names of their files. */
export type Pins = ReadonlyMap<string, Pin>;

/**
 * The pins in the JSON of `library.json`. Refused: unknown fields, names that no library file can
 * have, and two names that differ in letter case only, because nobody knows whether Defender keeps
 * them apart. Problem paths begin with the file's name.
 */
export function parsePins(json: unknown): Parsed<Pins> {
  const checked = pinsSchema.safeParse(json);
  if (!checked.success) return invalid(schemaProblems(checked.error, PINS_FILE));
  const { files } = checked.data;
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, { name }] of files.entries()) {
    const path = `${PINS_FILE}.files.${index}.name`;
    if (seen.has(name.toLowerCase())) problems.push({ path, message: `Pin ${name} only once.` });
    seen.add(name.toLowerCase());
  }
  if (problems.length > 0) return invalid(problems);
  return { kind: "parsed", value: new Map(files.map((pin) => [pin.name, pin])) };
}
