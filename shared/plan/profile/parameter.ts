import { RE2JS, RE2JSSyntaxException } from "re2js";
import { z } from "zod";
import type { Problem } from "../../incident/problem.ts";
import { PARAMETER_NAME } from "../command/template.ts";

/** Most characters of any parameter's value; a profile may ask for fewer. Our own bound. */
const MAX_VALUE_CHARACTERS = 256;

/** Most parameters of a profile, and most values a parameter may list. Our own bounds. */
const MAX_PARAMETERS = 20;
const MAX_CHOICES = 50;

const value = z.string().max(MAX_VALUE_CHARACTERS);

const parameterSchema = z.strictObject({
  description: z.string().trim().min(1).max(300),
  /**
   * A regular expression in the syntax of RE2, which the whole value must match. RE2 takes linear
   * time for every pattern and value.
   */
  pattern: z
    .string()
    .max(200)
    .refine(compiles, "Use a regular expression of RE2: no look-around, no back-reference.")
    .optional(),
  enum: z.array(value).min(1).max(MAX_CHOICES).optional(),
  maxLength: z.int().min(1).max(MAX_VALUE_CHARACTERS),
  default: value.optional(),
  /**
   * `base64url`: the script receives the base64url of the value's UTF-8 bytes, so any character may
   * be sent.
   */
  encoding: z.literal("base64url").optional(),
});

/** The parameters of a profile by name. */
export const parametersSchema = z
  .record(z.string().regex(PARAMETER_NAME, "Use a camelCase name."), parameterSchema)
  .refine((all) => Object.keys(all).length <= MAX_PARAMETERS, "Declare at most 20 parameters.");

/** The rules of a profile for one parameter. */
export type Parameter = z.infer<typeof parameterSchema>;
/** The declared parameters of a profile by name; look a name up with `Object.hasOwn`. */
export type Parameters = z.infer<typeof parametersSchema>;

/**
 * What is wrong with a value for a parameter, as a sentence that says what to send; null if nothing
 * is.
 */
export function valueProblem(rule: Parameter, text: string): string | null {
  if (text.length > rule.maxLength) return `Send at most ${rule.maxLength} characters.`;
  if (rule.enum !== undefined && !rule.enum.includes(text)) {
    return `Send one of: ${rule.enum.join(", ")}.`;
  }
  if (/\p{Surrogate}/u.test(text)) return "Send whole characters, not half of a surrogate pair.";
  if (rule.pattern !== undefined && !RE2JS.compile(rule.pattern).testExact(text)) {
    return `Send a value that matches ${rule.pattern} as a whole.`;
  }
  return null;
}

/**
 * The values of all declared parameters, defaults included; or the problems, each under
 * `parameters.name`.
 */
export type ResolvedValues =
  | { readonly kind: "resolved"; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

/**
 * Checks the given parameters against the declared ones. An undeclared name is a problem and never
 * ignored.
 */
export function resolveValues(
  declared: Parameters,
  given: Readonly<Record<string, string>>,
): ResolvedValues {
  const names = Object.keys(declared);
  const problems = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => problem(name, `Remove it; the profile takes ${list(names)}.`));
  const values = new Map<string, string>();
  for (const [name, rule] of Object.entries(declared)) {
    const text = Object.hasOwn(given, name) ? given[name] : rule.default;
    const wrong = text === undefined ? `Send it: ${rule.description}` : valueProblem(rule, text);
    if (wrong !== null) problems.push(problem(name, wrong));
    else if (text !== undefined) values.set(name, text);
  }
  if (problems.length > 0) return { kind: "invalid", problems };
  return { kind: "resolved", values: Object.fromEntries(values) };
}

function problem(name: string, message: string): Problem {
  return { path: `parameters.${name}`, message };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "no parameters" : `only ${names.join(", ")}`;
}

function compiles(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return false;
    throw error;
  }
}
