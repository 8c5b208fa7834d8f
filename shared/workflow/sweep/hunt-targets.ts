import type { Limits } from "../../limits/pace/limits.ts";
import type { Reply } from "../../ports.ts";
import { noteHuntTime } from "../../store/note-hunt-time.ts";
import { spendRead } from "../../store/spend-read.ts";
import type { Definition } from "../../sweep/definition.ts";
import type { Hindrance } from "./hindered.ts";
import type { SweepPorts } from "./ports.ts";

/**
 * The machines that the query of a definition names, null if it has none, and how many rows of the
 * answer name no machine; or why nobody knows.
 */
export type HuntedTargets =
  | { readonly kind: "hunted"; readonly queried: ReadonlySet<string> | null; readonly odd: number }
  | ({ readonly kind: "hindered" } & Hindrance);

/** Asks Defender's advanced hunting once, if the targets have a query. */
export async function huntTargets(
  ports: SweepPorts,
  limits: Limits,
  { query }: Definition["targets"],
): Promise<HuntedTargets> {
  if (query === undefined) return { kind: "hunted", queried: null, odd: 0 };
  if (!(await spendRead(ports, limits, "hunt"))) {
    const detail = "The calls or the time that Defender allows for advanced hunting are used up.";
    return { kind: "hindered", code: "token", detail };
  }
  const beganAtMs = ports.clock.monotonicMs();
  const reply = await ports.defender.hunt(query);
  await noteHuntTime(ports, ports.clock.monotonicMs() - beganAtMs);
  if (reply.kind !== "answered") {
    return unanswered(`Defender does not answer the query: ${saidBy(reply)}`);
  }
  if (reply.value.kind === "noDeviceColumn") {
    return unanswered("The answer to the query has no column DeviceId; let it end with one.");
  }
  const { machineIds, odd, isCut } = reply.value;
  // Whoever is not named would be left out without a word.
  if (isCut) return unanswered("The query has more rows than Defender gives: make it narrower.");
  return { kind: "hunted", queried: new Set(machineIds), odd };
}

function unanswered(detail: string): HuntedTargets {
  return { kind: "hindered", code: "queryUnanswered", detail };
}

/** Why there is no answer, in Defender's words. */
export function saidBy(reply: Exclude<Reply<unknown>, { kind: "answered" }>): string {
  return reply.kind === "throttled" ? "it asked lrq to wait (429)." : reply.detail;
}
