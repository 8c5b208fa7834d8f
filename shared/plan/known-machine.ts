import type { SaidPlatform } from "../incident/incident.ts";
import type { MachineFacts } from "./machine-facts.ts";

/** A machine as Defender knows it. */
export interface Machine extends Omit<MachineFacts, "platform" | "atMs"> {
  readonly machineId: string;
  readonly platform: SaidPlatform;
  readonly onboarded: boolean;
  readonly lastSeenAtMs: number | null;
  /** Defender's word for the health of its sensor. */
  readonly health: string | null;
  /**
   * The id of the machine that it was merged into, or a text of Defender's that is none; nothing
   * may start on this one any more.
   */
  readonly mergedInto: string | null;
}

/** A page of all machines; `next` goes on behind it, and is null at the end. It may be stored. */
export interface MachinePage {
  readonly machines: readonly Machine[];
  readonly next: string | null;
}

/** What a query of advanced hunting found. */
export type Hunted =
  | {
      readonly kind: "machines";
      /** Each id once, in the order of the rows. */
      readonly machineIds: readonly string[];
      /** Rows without the id of a machine. */
      readonly odd: number;
      /** True if the answer has as many rows as Defender ever gives: there may be more. */
      readonly isCut: boolean;
    }
  /** It names no machines: these are its first columns. */
  | { readonly kind: "noDeviceColumn"; readonly columns: readonly string[] };
