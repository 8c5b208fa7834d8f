import { gzipSync } from "node:zlib";
import { listedRows, suspectOf } from "./listed-rows.ts";
import type { SimulatedMachine } from "./options.ts";
import type { ActionRecord } from "./state.ts";
import { sha256Hex } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

/** The file that a script of `library/` leaves, and the line that it says about it. */
export interface RowsFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly line: string;
}

/** What a script that lists rows leaves on a machine; null for any other script. */
export function rowsFile(
  tenant: Tenant,
  { machine, action }: { readonly machine: SimulatedMachine; readonly action: ActionRecord },
  scriptName: string,
): RowsFile | null {
  const kind = tenant.givenFiles.get(scriptName)?.simulate?.rows;
  const path = outputOf(action, scriptName);
  if (kind === undefined || path === null) return null;
  const { machines } = tenant.options;
  const isSuspect = suspectOf(machines, tenant.rules.seed)?.id === machine.id;
  const round = 1 + earlierRuns(tenant, action, scriptName);
  const rows = listedRows(kind, { machine, index: placeOf(tenant, machine), round, isSuspect });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const content = gzipSync(text === "" ? "\n" : text);
  const said = {
    ok: true,
    file: path,
    bytes: content.length,
    sha256: sha256Hex(content),
    rows: rows.length,
    cut: 0,
    shortened: 0,
    notRead: [],
    [isWindows(machine) ? "asAdministrator" : "asRoot"]: true,
  };
  return { path, content, line: `${JSON.stringify(said)}\n` };
}

/** Where the arguments say that it goes. */
function outputOf({ commands }: ActionRecord, scriptName: string): string | null {
  for (const command of commands) {
    if (command.type !== "RunScript" || command.scriptName !== scriptName) continue;
    return /(?:^| )(?:--output=|-Output )(\S+)/.exec(command.args ?? "")?.[1] ?? null;
  }
  return null;
}

/** Its number among the machines that are Windows like it, or not, counted from 0. */
function placeOf({ options: { machines } }: Tenant, machine: SimulatedMachine): number {
  const alike = machines.filter((each) => isWindows(each) === isWindows(machine));
  return alike.findIndex(({ id }) => id === machine.id);
}

function isWindows({ osPlatform }: SimulatedMachine): boolean {
  return osPlatform.startsWith("Windows");
}

/** How often the script has run on the machine before this action. */
function earlierRuns({ state }: Tenant, action: ActionRecord, scriptName: string): number {
  return state.actions.filter(
    ({ machineId, ordinal, schedule }) =>
      machineId === action.machineId &&
      ordinal < action.ordinal &&
      (schedule?.runs ?? []).some(
        ({ result }) => result?.kind === "script" && result.scriptName === scriptName,
      ),
  ).length;
}
