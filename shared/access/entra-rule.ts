import { z } from "zod";
import type { TokenClaims } from "./entra-token.ts";

/** Apps, people and roles a caller may list; each is compared with one token, ours to bound. */
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
    /** Client ids that may call as themselves, without a person. */
    apps: list(guid),
    /** Object ids of people who may call, whatever app they use. */
    people: list(guid),
    /** App roles of which the token must hold one. */
    roles: list(z.string().regex(/^[\w.-]{1,120}$/, "an app role's value")),
  })
  .refine(({ apps, people, roles }) => (apps ?? people ?? roles) !== undefined, {
    error: "needs 'apps', 'people' or 'roles': without them the whole tenant could call",
  });

/** The rule of one caller. */
export type EntraRule = Readonly<z.infer<typeof entraRuleSchema>>;

/** The audience a rule means, in both forms that Entra writes. */
export function audiencesOf({ audience }: EntraRule): string[] {
  const plain = audience.replace(/^api:\/\//, "");
  return [plain, `api://${plain}`];
}

/**
 * True if a token with these claims, already verified, is for this rule and from somebody it lists.
 * Apps are known only by tokens without a person in them: else everybody who can sign in to a
 * listed app would be let in.
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
