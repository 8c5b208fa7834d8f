import { createHash } from "node:crypto";
import type {
  LibraryChange,
  SimulatedFile,
  SimulatedLibraryFile,
  SimulatedMachine,
  SimulatorOptions,
} from "./options.ts";
import { rulesFrom } from "./rules.ts";
import type { Rules } from "./rules.ts";
import { emptyState } from "./state.ts";
import type { ActionRecord, LibraryRecord, TenantState } from "./state.ts";

/** One simulated tenant: what it was given, what it remembers, and the rules it lives by. */
export interface Tenant {
  readonly options: SimulatorOptions;
  readonly rules: Rules;
  readonly state: TenantState;
  /** By id, lower case. */
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  readonly givenFiles: ReadonlyMap<string, SimulatedLibraryFile>;
  /** Those of the options, and those that were planned since. */
  readonly libraryChanges: LibraryChange[];
  /** What scripts really made, by the action's ordinal; an earlier life's is not remembered. */
  readonly madeFiles: Map<number, Readonly<Record<string, SimulatedFile>>>;
  /** The actions of `state` that have not ended. */
  readonly open: Set<ActionRecord>;
  /** Where result links and next pages point; known once the server listens. */
  url: string;
  /** Something changed that a restart has to know. */
  changed: boolean;
}

/**
 * `remembered` is the state of an earlier life, or null. Throws when a machine id is not 40 hex
 * digits.
 */
export function createTenant(
  options: SimulatorOptions,
  remembered: TenantState | null,
  nowMs: number,
): Tenant {
  for (const { id } of options.machines) {
    if (!/^[0-9a-f]{40}$/i.test(id)) throw new Error(`Machine id ${id} is not 40 hex digits`);
  }
  // An earlier version of the simulator may have remembered less.
  const state = { ...emptyState(nowMs), ...remembered };
  const givenFiles = new Map((options.library ?? []).map((file) => [file.fileName, file]));
  if (remembered === null) {
    for (const file of givenFiles.values()) state.library[file.fileName] = given(file, nowMs);
  }
  return {
    options,
    rules: rulesFrom(options),
    state,
    machines: new Map(options.machines.map((machine) => [machine.id.toLowerCase(), machine])),
    givenFiles,
    libraryChanges: [...(options.libraryChanges ?? [])],
    madeFiles: new Map(),
    open: new Set(state.actions.filter((action) => action.end === null)),
    url: "",
    changed: remembered === null,
  };
}

/** The library file of that name, if the tenant has it. */
export function libraryFile(tenant: Tenant, fileName: string): LibraryRecord | null {
  return Object.hasOwn(tenant.state.library, fileName)
    ? (tenant.state.library[fileName] ?? null)
    : null;
}

/** Bytes of all library files but that of `exceptName`. */
export function libraryBytes({ state, givenFiles }: Tenant, exceptName: string): number {
  return Object.values(state.library)
    .filter(({ fileName }) => fileName !== exceptName)
    .map(({ fileName, base64 }) =>
      base64 === null
        ? (givenFiles.get(fileName)?.content.length ?? 0)
        : Buffer.byteLength(base64, "base64"),
    )
    .reduce((sum, bytes) => sum + bytes, 0);
}

export function machineOf(tenant: Tenant, action: ActionRecord): SimulatedMachine | null {
  return tenant.machines.get(action.machineId) ?? null;
}

/** How many complaints are kept; a broken client would otherwise fill the memory. */
const VIOLATIONS_MOST = 1_000;

/** Notes what a strict observer would complain of. */
export function complain(tenant: Tenant, complaint: string): void {
  if (tenant.state.violations.length < VIOLATIONS_MOST) tenant.state.violations.push(complaint);
}

export function sha256Hex(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function given(file: SimulatedLibraryFile, nowMs: number): LibraryRecord {
  return {
    fileName: file.fileName,
    base64: null,
    sha256: sha256Hex(file.content),
    description: file.description ?? null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    createdBy: "simulated-analyst@contoso.example",
    hasParameters: false,
    parametersDescription: null,
  };
}
