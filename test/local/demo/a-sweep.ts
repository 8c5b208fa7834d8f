import type {
  SweepChange,
  SweepRound,
  SweepRow,
  SweepSeen,
} from "../../../local/demo/sweep-client.ts";
import { sweptMembers, type SweptTenant } from "../../../local/demo/sweep-expectations.ts";
import { after, cast, member } from "./a-run.ts";

const NAMES = ["pc-0101", "srv-db02", "lt-0207", "pc-0311", "pc-0312"] as const;
const SUSPECT = "pc-0312";

/** The tenant's side of a sweep that came out as it should. */
export function aTenant(): SweptTenant {
  const once = sweptMembers(cast).map(({ machineId }) => ({ machineId, status: 201 }));
  return { cast, seed: 7, arrivals: [...once, ...once] };
}

/** A round that reached all of its machines. */
export function aRound(round: number, over: Partial<SweepRound> = {}): SweepRound {
  return {
    sweep: "autostarts",
    round,
    state: "ended",
    dueAt: null,
    startedBy: "local",
    startedAt: after(0),
    expiresAt: after(9_000),
    endedAt: after(1),
    why: null,
    listedAt: after(0),
    query: null,
    counts: { targeted: 5, waiting: 0, held: 0, sent: 0, reached: 5, missed: {}, leftOut: 0 },
    batches: 1,
    reruns: 0,
    ...over,
  };
}

function row(name: string, kind: string, autostart: string, path: string): SweepRow {
  return { machineId: member(name).machineId, kind, name: autostart, path };
}

/** A line of the stack: the first of these machines is its example. */
export function aValue(names: readonly string[], signer: string, path: string) {
  const machineId = member(names[0] ?? SUSPECT).machineId;
  const example = { machineId, machineName: null };
  return { machines: names.length, value: { signer, path }, example };
}

export function aChange(change: SweepChange["change"], name: string): SweepChange {
  const isNew = change === "new";
  const kind = isNew ? "service" : "task";
  const autostart = isNew ? "Vpn" : "Contoso Updater";
  return { change, row: row(name, kind, autostart, `C:\\${autostart}.exe`) };
}

/** The sweep of the demo as it should come out. */
export function aSweep(): SweepSeen {
  const spoolers = NAMES.map((name) => row(name, "service", "Spooler", "C:\\spoolsv.exe"));
  return {
    started: [1, 2],
    rounds: [aRound(2), aRound(1)],
    rows: [spoolers, spoolers],
    stack: {
      sweep: "autostarts",
      round: 2,
      by: ["signer", "path"],
      machines: 5,
      rows: 40,
      partial: 0,
      unreadable: 0,
      distinct: { count: 2, atLeast: false },
      values: [
        aValue([SUSPECT], "", "C:\\Users\\Public\\Libraries\\shupdate.exe"),
        aValue(NAMES, "Microsoft Windows", "C:\\spoolsv.exe"),
      ],
    },
    changes: {
      both: 5,
      changes: [
        ...["srv-db02", "pc-0311"].map((name) => aChange("new", name)),
        ...["pc-0101", "lt-0207", "pc-0312"].map((name) => aChange("gone", name)),
      ],
    },
  };
}
