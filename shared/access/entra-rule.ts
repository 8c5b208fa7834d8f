import { z } from "zod";
import type { TokenClaims } from "./entra-token.ts";

/**
 * Most apps, people and roles that a caller may list. Each is compared with a token. Our own bound.
 */
const MAX_LISTED = 50;

const guid = z
  .string()
  .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "a GUID in lower-case letters");
const list = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(MAX_LISTED).optional();

/**
 * How a caller is known by its Entra token: the tenant that issues it, the audience it is for (with
 * or without `api://`), and who may show it.
 */
export const entraRuleSchema = z
  .strictObject({
    tenant: guid,
    audience: z
      .string()
      .regex(/^(?:api:\/\/)?[\w.:/-]{1,200}$/, "a client id, or api:// and a name"),
    /** Client ids of apps that may call as themselves, without a person. */
    apps: list(guid),
    /** Object ids of people who may call, with any app. */
    people: list(guid),
    /** App roles; the token must have one of them. */
    roles: list(z.string().regex(/^[\w.-]{1,120}$/, "an app role's value")),
  })
  .refine(({ apps, people, roles }) => (apps ?? people ?? roles) !== undefined, {
    error: "needs 'apps', 'people' or 'roles': without them the whole tenant could call",
  });

/** The rule of one caller. */
export type EntraRule = Readonly<z.infer<typeof entraRuleSchema>>;

/** The audience of a rule, in both forms that Entra writes. */
export function audiencesOf({ audience }: EntraRule): string[] {
  const plain = audience.replace(/^api:\/\//, "");
  return [plain, `api://${plain}`];
}

/**
 * True if a token with these claims, already verified, is for this rule and from somebody in its
 * lists. An app counts only if the token has no person. Otherwise everybody who can sign in to a
 * listed app could call.
 */
export function fits(rule: EntraRule, claims: TokenClaims): boolean {
  if (claims.tid !== rule.tenant || !audiencesOf(rule).includes(claims.aud)) return false;
  const { apps, people, roles } = rule;
  if (roles !== undefined && !roles.some((role) => claims.roles.includes(role))) return false;
  if (apps === undefined && people === undefined) return true;
  return claims.isPerson
    ? (people ?? []).includes(claims.oid)
    : (apps ?? []).includes(claims.clientId);
}
