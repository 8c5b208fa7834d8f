import type { Caller } from "../../access/caller.ts";
import type { MachineScope } from "../../access/machine-scope.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Catalogue } from "../../plan/profile/catalogue.ts";
import type { Ports } from "../../ports.ts";
import type { Acceptance, AcceptPorts, AcceptSettings } from "../accept/answer.ts";
import type { Caps } from "../../access/caps.ts";

/** What the sweeps need of the outside; machines are sent on the road of incidents. */
export type SweepPorts = AcceptPorts & Pick<Ports, "bells">;

export interface SweepSettings extends AcceptSettings {
  readonly limits: Limits;
  readonly catalogue: Catalogue;
  readonly scope: MachineScope;
  readonly callers: readonly Caller[];
  readonly caps: Caps;
  /** How often an open round lists again, in milliseconds; absent is an hour. */
  readonly listedEveryMs?: number;
}

/** Why a batch was not accepted. */
export type NotAccepted = Exclude<Acceptance, { kind: "accepted" }>;
