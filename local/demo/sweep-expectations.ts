import { suspectOf } from "../defender-simulator/listed-rows.ts";
import type { Cast, CastMember } from "./cast.ts";
import type { Check } from "./check.ts";
import type { Outcome } from "./expectations.ts";
import type { SweepChange, SweepRound, SweepRow, SweepSeen } from "./sweep-client.ts";

/** What the simulated tenant plants, and how it changes from the first round to the second. */
const PLANTED = { signer: "", path: "C:\\Users\\Public\\Libraries\\shupdate.exe" };
const NEW = "Vpn";
const GONE = "Contoso Updater";

/** What is known of the tenant without lrq. */
export interface SweptTenant {
  readonly cast: Cast;
  /** The seed by which the tenant has chosen the machine with the planted autostart. */
  readonly seed: number;
  /** Every POST that came to the tenant's door since the sweep was applied. */
  readonly arrivals: Outcome["arrivals"];
}

/** The machines of the cast that the sweep is for. */
export function sweptMembers({ members, tenant }: Cast): readonly CastMember[] {
  const windows = tenant.machines.filter(({ osPlatform }) => osPlatform.startsWith("Windows"));
  return members.filter(({ machineId }) => windows.some(({ id }) => id === machineId));
}

/** Everything that has to be so after the sweep; all is well if no check has a problem. */
export function checkSweep(seen: SweepSeen, tenant: SweptTenant): readonly Check[] {
  const members = sweptMembers(tenant.cast);
  const planted = suspectOf(tenant.cast.tenant.machines, tenant.seed)?.id ?? null;
  const suspect = members.find(({ machineId }) => machineId === planted)?.name ?? "nobody";
  return [
    {
      claim: `each start was one round of the sweep, and reached all ${members.length} machines`,
      problems: [
        ...numberProblems(seen),
        ...seen.rounds.flatMap((round) => roundProblems(round, members)),
      ],
    },
    {
      claim: "each round asked each machine once, and has its rows once",
      problems: [
        ...members.flatMap((member) => arrivalProblems(seen, tenant.arrivals, member)),
        ...seen.rows.flatMap((rows, at) => rowProblems(rows, members, seen.started[at] ?? 0)),
      ],
    },
    {
      claim: `the rarest line is the planted autostart, on ${suspect} alone`,
      problems: rarestProblems(seen, planted, members),
    },
    {
      claim: `the change is a new service ${NEW} on every second machine, as it was made`,
      problems: changeProblems(seen, members),
    },
  ];
}

function numberProblems({ started, rounds }: SweepSeen): string[] {
  const there = rounds.map(({ round }) => round).toSorted((a, b) => a - b);
  return there.join(" ") === started.join(" ")
    ? []
    : [`rounds ${started.join(", ")} were started, but the sweep has ${there.join(", ")}`];
}

function roundProblems(
  { round, state, why, counts }: SweepRound,
  members: readonly CastMember[],
): string[] {
  const because = why === null ? "" : `: ${why.detail}`;
  const { targeted, reached, missed } = counts;
  const others = Object.entries(missed).map(([how, count]) => `, ${count} ${how}`);
  return [
    ...(state === "ended" ? [] : [`round ${round} is ${state}${because}`]),
    ...(targeted === members.length ? [] : [`round ${round} was for ${targeted} machines`]),
    ...(reached === members.length
      ? []
      : [`round ${round} reached ${reached} machines${others.join("")}`]),
  ];
}

function arrivalProblems(
  { started }: SweepSeen,
  arrivals: Outcome["arrivals"],
  { machineId, name }: CastMember,
): string[] {
  const accepted = arrivals.filter(
    (each) => each.machineId === machineId && (each.status === 200 || each.status === 201),
  ).length;
  return accepted === started.length
    ? []
    : [`${name} had ${accepted} accepted actions in ${started.length} rounds`];
}

function rowProblems(
  rows: readonly SweepRow[],
  members: readonly CastMember[],
  round: number,
): string[] {
  return members.flatMap(({ machineId, name }) => {
    const own = rows.filter((row) => row.machineId === machineId);
    const distinct = new Set(own.map((row) => JSON.stringify(row))).size;
    return [
      ...(own.length > 0 ? [] : [`round ${round} has no rows of ${name}`]),
      ...(distinct === own.length ? [] : [`round ${round} has rows of ${name} more than once`]),
    ];
  });
}

function rarestProblems(
  { stack: { values, machines } }: SweepSeen,
  planted: string | null,
  members: readonly CastMember[],
): string[] {
  const [rarest, next] = values;
  if (rarest === undefined) return ["the stack has no line"];
  const { value, example } = rarest;
  const isPlanted = value["path"] === PLANTED.path && value["signer"] === PLANTED.signer;
  const on = members.find(({ machineId }) => machineId === example.machineId)?.name ?? "nobody";
  return [
    ...(machines === members.length ? [] : [`the stack has ${machines} machines`]),
    ...(isPlanted ? [] : [`the rarest line is ${String(value["path"])}`]),
    ...(rarest.machines === 1 ? [] : [`the rarest line is on ${rarest.machines} machines`]),
    ...(example.machineId === planted ? [] : [`the rarest line is on ${on}`]),
    ...(next?.machines === 1 ? [`${String(next.value["path"])} is as rare as that`] : []),
  ];
}

function changeProblems(
  { changes: { changes, both } }: SweepSeen,
  members: readonly CastMember[],
): string[] {
  const odd = members.filter((_, index) => index % 2 === 1);
  const even = members.filter((_, index) => index % 2 === 0);
  const expected = [
    ...odd.map(({ name }) => `new on ${name}: ${NEW}`),
    ...even.map(({ name }) => `gone from ${name}: ${GONE}`),
  ];
  const found = changes.map((each) => changeText(each, members));
  return [
    ...(both === members.length ? [] : [`${both} machines were compared`]),
    ...expected.filter((text) => !found.includes(text)).map((text) => `not found: ${text}`),
    ...found.filter((text) => !expected.includes(text)),
    ...(new Set(found).size === found.length ? [] : ["a change is listed more than once"]),
  ];
}

function changeText({ change, row }: SweepChange, members: readonly CastMember[]): string {
  const on = members.find(({ machineId }) => machineId === row.machineId)?.name ?? "nobody";
  return `${change === "new" ? "new on" : "gone from"} ${on}: ${row.name}`;
}
