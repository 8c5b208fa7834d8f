import { decodeJwt } from "jose";
import { z } from "zod";
import { checkHuntRole, HUNT_ROLE } from "./check-hunting.ts";
import { checkLibraryRole, LIBRARY_ROLE } from "./check-library.ts";
import type { LibraryConfig } from "../limits/library/rules.ts";
import { found, ok, type Finding } from "./finding.ts";

/** What starts sequences, fetches their results and cancels them (Defender API pages). */
const RUN_ROLE = "Machine.LiveResponse";
/** Either lists actions and machines; newer pages name only the first. */
const READ_ROLES = ["Machine.ReadWrite.All", "Machine.Read.All"];

const claimsSchema = z.object({
  aud: z.string(),
  exp: z.number(),
  roles: z.array(z.string()).default([]),
  scp: z.string().optional(),
});

/** What the settings and the sweeps need beyond running and looking. */
interface Wanted {
  readonly libraryCheck: LibraryConfig["check"];
  /** Names of sweeps whose targets are queries. */
  readonly hunting: readonly string[];
}

/**
 * What a token for Defender says of itself. Its signature is Defender's to check, not ours: a
 * token that lies here is refused there. `tokenScope` is what it was asked for with.
 */
export function checkToken(
  token: string,
  { tokenScope, ...wanted }: { readonly tokenScope: string } & Wanted,
  nowMs: number,
): Finding[] {
  const claims = claimsIn(token);
  if (claims === null) {
    const fix = "Only the simulator accepts such a token; in Azure use an identity.";
    const what = "It cannot be read, so audience and roles are not known.";
    return [found("unknown", "token", what, fix)];
  }
  return [audience(claims.aud, tokenScope), life(claims.exp, nowMs), ...roles(claims, wanted)];
}

function audience(aud: string, tokenScope: string): Finding {
  const check = "token audience";
  const expected = tokenScope.replace(/\/\.default$/, "");
  if (aud.replace(/\/+$/, "") === expected.replace(/\/+$/, "")) return ok(check, `${aud}.`);
  const fix = `Set DEFENDER_TOKEN_SCOPE to ${expected}/.default; Defender answers 403 otherwise.`;
  return found("error", check, `It is for ${aud}, not for ${expected}.`, fix);
}

function life(exp: number, nowMs: number): Finding {
  const seconds = Math.round(exp - nowMs / 1_000);
  if (seconds > 0) return ok("token life", `${seconds} s left.`);
  const fix = "Check this host's clock, and the identity's endpoint: it gave an old token.";
  return found("error", "token life", `It ended ${-seconds} s ago.`, fix);
}

function roles(
  { roles: granted, scp }: z.infer<typeof claimsSchema>,
  { libraryCheck, hunting }: Wanted,
): Finding[] {
  if (granted.length === 0 && scp !== undefined) {
    const fix = "Run the doctor where the app runs: its identity has roles, a person has scopes.";
    return [
      found("unknown", "token roles", "It is a person's token, with scopes instead of roles.", fix),
    ];
  }
  const runs = granted.includes(RUN_ROLE)
    ? ok(`role ${RUN_ROLE}`, "It is there.")
    : found("error", `role ${RUN_ROLE}`, "It is missing: lrq can run nothing.", grant(RUN_ROLE));
  const [reader = ""] = READ_ROLES;
  const reading = READ_ROLES.find((role) => granted.includes(role));
  const reads =
    reading === undefined
      ? found("error", `role ${reader}`, "It is missing: lrq can watch nothing.", grant(reader))
      : ok(`role ${reader}`, `${reading} is there.`);
  const lists = checkLibraryRole(granted.includes(LIBRARY_ROLE), libraryCheck);
  const hunts = checkHuntRole(granted.includes(HUNT_ROLE), hunting);
  const known = new Set([RUN_ROLE, LIBRARY_ROLE, HUNT_ROLE, ...READ_ROLES]);
  const most = granted.filter((role) => !known.has(role));
  if (most.length === 0) return [runs, reads, lists, ...hunts];
  const fix = "Remove them: lrq needs only the roles above.";
  return [
    runs,
    reads,
    lists,
    ...hunts,
    found("warning", "more roles", `It also has ${most.join(", ")}.`, fix),
  ];
}

function grant(role: string): string {
  return (
    `Grant the app's identity the application permission ${role} of WindowsDefenderATP: ` +
    "node infra/grant.mjs does it, for an administrator of Entra."
  );
}

function claimsIn(token: string): z.infer<typeof claimsSchema> | null {
  try {
    const read = claimsSchema.safeParse(decodeJwt(token));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
