import type { Hunted, Reply } from "../../shared/ports.ts";
import type { ScenarioMachine, Span, SweepPlan } from "./scenario.ts";

type Names = (machine: ScenarioMachine, sinceMs: number) => boolean;

/** The queries that Defender knows here, by their texts, and which machines each names. */
const NAMING: ReadonlyMap<string, Names> = new Map<string, Names>([
  ["DeviceInfo | distinct DeviceId", () => true],
  [
    'DeviceInfo | where OSPlatform == "Linux" | distinct DeviceId',
    ({ isOther = false }) => !isOther,
  ],
  [
    'DeviceInfo | where ExposureLevel == "High" | distinct DeviceId',
    ({ exposed }, sinceMs) => exposed === undefined || isWithin(exposed, sinceMs),
  ],
]);
const NAMES_NONE = "DeviceInfo | summarize count() by OSPlatform";

export const GOOD_QUERIES: readonly string[] = [...NAMING.keys()];
/** Defender answers the one without a column of machines, and refuses the other. */
export const BAD_QUERIES: readonly string[] = [NAMES_NONE, "DeviceInfo | distinct"];

/** What advanced hunting answers, so long after the start. */
export function hunted(
  query: string,
  machines: readonly ScenarioMachine[],
  sinceMs: number,
  fails: SweepPlan["hunting"],
): Reply<Hunted> {
  const isFailing = fails !== null && isWithin(fails.span, sinceMs);
  if (isFailing && fails.gives === "nothing") {
    return { kind: "unavailable", detail: "it hunts nothing" };
  }
  if (query === NAMES_NONE) {
    const columns = ["OSPlatform", "count_"];
    return { kind: "answered", value: { kind: "noDeviceColumn", columns } };
  }
  const names = NAMING.get(query);
  if (names === undefined) {
    return { kind: "refused", httpStatus: 400, code: "BadRequest", detail: "Syntax error" };
  }
  const all = machines.filter((each) => names(each, sinceMs)).map(({ machineId }) => machineId);
  const isCut = isFailing && all.length > 0;
  const machineIds = isCut ? all.slice(1) : all;
  return { kind: "answered", value: { kind: "machines", machineIds, odd: 0, isCut } };
}

/** The machines that a whole answer names; null if it is none. */
export function namedIn(reply: Reply<Hunted>): readonly string[] | null {
  if (reply.kind !== "answered" || reply.value.kind !== "machines") return null;
  return reply.value.isCut ? null : reply.value.machineIds;
}

function isWithin([fromMs, untilMs]: Span, sinceMs: number): boolean {
  return sinceMs >= fromMs && sinceMs < untilMs;
}
