import { z } from "zod";
import { PLATFORMS } from "../incident/incident.ts";
import type { Parsed } from "../incident/problem.ts";
import { isPlain } from "../incident/text.ts";
import type { MachineFacts } from "../plan/machine-facts.ts";
import { askedMembers, unreadMember } from "./unread-member.ts";

/**
 * Most rules of one kind, and most values of one member, because all are compared with each
 * machine. Our own bounds.
 */
const MAX_RULES = 50;
const MAX_VALUES = 200;

const values = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MAX_VALUES).optional();
const word = z.string().trim().min(1).max(256);

/** Machines by what Defender says of them; of a member one value is enough. */
export const ruleSchema = z
  .strictObject({
    tags: values(word),
    groups: values(word),
    platforms: values(z.enum(PLATFORMS)),
    /** A name, or a pattern in which `*` is any number of characters. */
    names: values(z.string().regex(/^[\w.*-]{1,253}$/, "letters, digits, '.', '-', '_' and '*'")),
    ids: values(z.string().regex(/^[0-9a-f]{40}$/, "40 hex digits in lower case")),
  })
  .refine((rule) => Object.values(rule).some((each) => each !== undefined), {
    error: "needs a member: an empty rule would be for every machine",
  });
type Rule = Readonly<z.infer<typeof ruleSchema>>;

/** No rule with such a word would ever match: a machine that has it counts as unread. */
const scopeRule = ruleSchema.refine(
  ({ tags = [], groups = [] }) => [...tags, ...groups].every(isPlain),
  { error: "has a tag or group with a character that nobody sees, or an uncommon space" },
);
const rules = z.array(scopeRule).min(1).max(MAX_RULES).optional();

const scopeSchema = z.strictObject({ allow: rules, deny: rules, tier0: rules });

/**
 * Which machines may be acted on. If there is `allow`, only those in it; never those in `deny`;
 * those in `tier0` only with an approval. A rule matches a machine if all its members match; of a
 * member one value is enough.
 */
export type MachineScope = Readonly<z.infer<typeof scopeSchema>>;

/** Whether the machine may be acted on; `reason` is for people, and names the rule. */
export type ScopeVerdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly reason: string }
  | { readonly kind: "needsApproval"; readonly reason: string };

/** Reads the setting SCOPE, a JSON object; `{}` allows every machine. */
export function parseScope(text: string): Parsed<MachineScope> {
  const json = parsedJson(text);
  if (json === undefined) return { kind: "invalid", problems: [{ path: "", message: NO_JSON }] };
  const read = scopeSchema.safeParse(json);
  if (read.success) return { kind: "parsed", value: read.data };
  const problems = read.error.issues.map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
  return { kind: "invalid", problems };
}

const NO_JSON = "is not JSON";

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True if no rule excludes a machine. */
export function isUnlimited(scope: MachineScope): boolean {
  return rulesOf(scope).length === 0;
}

/** True if the rules need more than a machine's id, so that Defender has to be asked. */
export function needsFacts(scope: MachineScope): boolean {
  return askedMembers(rulesOf(scope)).length > 0;
}

/**
 * Judges one machine by what Defender says of it (`facts`; null if Defender was not asked or did
 * not answer). If a rule needs something that is not known, the machine is denied: a machine
 * without readable tags may be one that a rule denies by its tags. Deny comes before allow, and
 * both before tier 0.
 */
export function judgeMachine(
  scope: MachineScope,
  machineId: string,
  facts: MachineFacts | null,
): ScopeVerdict {
  const unread = unreadMember(rulesOf(scope), facts);
  if (unread !== null) {
    return denied(`lrq could not read its ${unread}, and the setting SCOPE has rules about them.`);
  }
  const fits = (rule: Rule) => isFor(rule, machineId, facts);
  const denying = scope.deny?.findIndex(fits) ?? -1;
  if (denying >= 0) return denied(`The setting SCOPE denies it (deny.${denying}).`);
  if (scope.allow !== undefined && !scope.allow.some(fits)) {
    return denied("No allow rule of the setting SCOPE fits it.");
  }
  const tier0 = scope.tier0?.findIndex(fits) ?? -1;
  if (tier0 < 0) return { kind: "allowed" };
  return {
    kind: "needsApproval",
    reason: `The setting SCOPE lists it as tier 0 (tier0.${tier0}).`,
  };
}

function denied(reason: string): ScopeVerdict {
  return { kind: "denied", reason };
}

function rulesOf({ allow = [], deny = [], tier0 = [] }: MachineScope): readonly Rule[] {
  return [...allow, ...deny, ...tier0];
}

/**
 * True if all members of the rule match. What is not known of a machine matches nothing.
 */
export function isFor(rule: Rule, machineId: string, facts: MachineFacts | null): boolean {
  const { tags, groups, platforms, names, ids } = rule;
  const platform = facts?.platform ?? null;
  return (
    holds(tags, (tag) => (facts?.tags ?? []).some((own) => isSame(own, tag))) &&
    holds(groups, (group) => isSame(facts?.group ?? "", group)) &&
    holds(platforms, (each) => each === platform) &&
    holds(names, (pattern) => isNamed(facts?.name ?? "", pattern)) &&
    holds(ids, (id) => id === machineId)
  );
}

/** A member that is absent matches every machine. */
function holds<T>(member: readonly T[] | undefined, fits: (value: T) => boolean): boolean {
  return member === undefined || member.some(fits);
}

function isSame(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/** One form of what looks the same: letter case, accents of two characters, several spaces. */
function folded(text: string): string {
  return text.normalize("NFKC").replaceAll(/\s+/g, " ").trim().toLowerCase();
}

/** The whole DNS name; for a pattern without a dot its first label is enough. */
function isNamed(name: string, pattern: string): boolean {
  const [label = ""] = name.split(".");
  const short = !pattern.includes(".") && matches(label, pattern);
  return short || matches(name, pattern);
}

/**
 * Letter case does not count. Each piece between stars is searched once, from left to right. So
 * with any pattern the time is at most the product of the lengths.
 */
function matches(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.toLowerCase().split("*");
  const text = name.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
