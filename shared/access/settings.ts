import { z } from "zod";
import type { Problem } from "../incident/problem.ts";
import type { GatePolicy } from "../ledger/run/gate.ts";
import { parseScope, type MachineScope } from "./machine-scope.ts";
import { parsePageSignIn, type SignInSettings } from "./page-sign-in.ts";
import { isLoopback } from "../loopback.ts";

const address = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));

const howMany = (fallback: number) =>
  z.coerce.number().int().min(1).max(1_000_000).default(fallback);

/** Every text but a clear "no" counts as "yes", so that a typing error stops lrq. */
const brake = z
  .string()
  .default("false")
  .transform((text) => !/^(?:false|no|off|0)$/i.test(text.trim()));

/** The settings that say who may do what to which machines. */
export const accessSettings = {
  CALLERS: z.string().default("[]"),
  ENTRA_AUTHORITY: address.default("https://login.microsoftonline.com"),
  PAGE_SIGN_IN: z.string().optional(),
  LOCKDOWN: brake,
  PAUSED: brake,
  SCOPE: z.string().default("{}"),
  REQUESTS_PER_CALLER_PER_MINUTE: howMany(600),
  CAP_MACHINES_PER_INCIDENT: howMany(25),
  CAP_MACHINES_PER_CALLER_PER_DAY: howMany(100),
  CAP_MACHINES_PER_DAY: howMany(500),
  CANARY_MACHINES: howMany(3),
  CANARY_ABOVE: howMany(10),
  APPROVAL_MINUTES: z.coerce.number().min(0.01).max(10_080).default(60),
  CANARY_FAILURES: z.coerce.number().min(0).max(1).default(0.5),
};

const shape = z.object(accessSettings);
type Given = z.infer<typeof shape>;

/** The settings together; CALLERS has its own parser. */
export interface AccessConfig {
  readonly entraAuthority: string;
  /** How people sign in to the page with Entra; null if only with a key. */
  readonly pageSignIn: SignInSettings | null;
  /** Every request is refused, and nothing changes at Defender. */
  readonly lockdown: boolean;
  /** Nothing is submitted, whatever anybody resumes. */
  readonly paused: boolean;
  readonly scope: MachineScope;
  readonly requestsPerMinute: number;
  readonly caps: {
    readonly perIncident: number;
    readonly perCallerDay: number;
    readonly perDay: number;
  };
  readonly policy: GatePolicy;
  /** How long a sequence waits for an approval. */
  readonly approvalMs: number;
}

/** What is wrong with values of the right form. */
export function accessProblems(from: Given): Problem[] {
  const signIn = parsePageSignIn(from.PAGE_SIGN_IN, from.ENTRA_AUTHORITY);
  const ofSignIn = signIn.kind === "invalid" ? signIn.problems : [];
  return [...authorityProblems(from), ...scopeProblems(from), ...ofSignIn];
}

/** Only for settings without problems. Throws for others. */
export function accessConfigOf(from: Given): AccessConfig {
  const scope = parseScope(from.SCOPE);
  const signIn = parsePageSignIn(from.PAGE_SIGN_IN, from.ENTRA_AUTHORITY);
  if (scope.kind === "invalid") throw new Error("SCOPE was not checked");
  if (signIn.kind === "invalid") throw new Error("PAGE_SIGN_IN was not checked");
  return {
    entraAuthority: from.ENTRA_AUTHORITY,
    pageSignIn: signIn.value,
    lockdown: from.LOCKDOWN,
    paused: from.PAUSED,
    scope: scope.value,
    requestsPerMinute: from.REQUESTS_PER_CALLER_PER_MINUTE,
    caps: {
      perIncident: from.CAP_MACHINES_PER_INCIDENT,
      perCallerDay: from.CAP_MACHINES_PER_CALLER_PER_DAY,
      perDay: from.CAP_MACHINES_PER_DAY,
    },
    policy: {
      first: from.CANARY_MACHINES,
      above: from.CANARY_ABOVE,
      maxFailedShare: from.CANARY_FAILURES,
    },
    approvalMs: from.APPROVAL_MINUTES * 60_000,
  };
}

/** Whoever can answer in the place of the authority could sign tokens for every caller. */
function authorityProblems({ ENTRA_AUTHORITY }: Given): Problem[] {
  const { protocol, hostname } = new URL(ENTRA_AUTHORITY);
  if (protocol === "https:" || isLoopback(hostname)) return [];
  return [{ path: "ENTRA_AUTHORITY", message: "is https, or http on loopback" }];
}

function scopeProblems({ SCOPE }: Given): Problem[] {
  const scope = parseScope(SCOPE);
  if (scope.kind === "parsed") return [];
  return scope.problems.map(({ path, message }) => ({
    path: path === "" ? "SCOPE" : `SCOPE.${path}`,
    message,
  }));
}
