import type { Clock } from "./clock.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { Span, Switches } from "./switches.ts";

/**
 * What `startSimulator` is told. Seconds are simulated seconds: `speed` divides every one of them.
 */
export interface SimulatorOptions {
  /** 0 (the default) takes any free port of 127.0.0.1. */
  readonly port?: number;
  /** Everything drawn comes from it: ids, jitter, faults, generated files. */
  readonly seed: number;
  /** Simulated milliseconds in a real one, default 1. Time stamps stay wall-clock times. */
  readonly speed?: number;
  /** Virtual time. When given, `speed` is ignored and time moves only when the test moves it. */
  readonly clock?: Clock;
  readonly machines: readonly SimulatedMachine[];
  readonly library?: readonly SimulatedLibraryFile[];
  /** What somebody else does to the library meanwhile. */
  readonly libraryChanges?: readonly LibraryChange[];
  /** Runs a script for real; null leaves it to what is simulated. */
  readonly runScript?: (script: ToldScript) => SimulatedScript | null;
  readonly limits?: Partial<Limits>;
  readonly timings?: Partial<Timings>;
  readonly switches?: Partial<Switches>;
  readonly faults?: FaultPlan;
  readonly token?: TokenOptions;
  /**
   * The tenant's state as JSON; read at start if it is there, rewritten whole before a change is
   * answered.
   */
  readonly snapshotFile?: string;
}

/**
 * Run live response and list machine actions API pages; page size: list machine actions API page.
 */
export interface Limits {
  readonly callsPerMinute: number;
  /** The window in which `callsPerMinute` calls are let in. */
  readonly windowSeconds: number;
  readonly maxSessions: number;
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  /** Advanced hunting API page; so is the next. */
  readonly huntsPerMinute: number;
  readonly huntRows: number;
  readonly pageSize: number;
  /** Upload to library API page. */
  readonly libraryFileBytes: number;
  /** All files together (live response page, about the portal). */
  readonly libraryBytes: number;
}

/** The server reads no body that is much longer, whatever the limit is. */
export const LIBRARY_FILE_BYTES_MOST = 20 * 1_048_576;

/** 25 sessions is the older figure and never over either; newer pages say 50. */
export const DEFAULT_LIMITS: Limits = {
  callsPerMinute: 10,
  windowSeconds: 60,
  maxSessions: 25,
  readsPerMinute: 100,
  readsPerHour: 1_500,
  huntsPerMinute: 45,
  huntRows: 100_000,
  pageSize: 10_000,
  libraryFileBytes: LIBRARY_FILE_BYTES_MOST,
  libraryBytes: 250 * 1_048_576,
};

/** How long the parts of a session take, each drawn from its span. */
export interface Timings {
  /** From the POST to InProgress, on a machine that is there. */
  readonly pendingSeconds: Span;
  /** From the POST to the start of the first command, on a machine that is there. */
  readonly firstCommandSeconds: Span;
  readonly putFileSeconds: Span;
  /** For scripts that do not say how long they take. */
  readonly scriptSeconds: Span;
  readonly getFileSeconds: Span;
  /** From the end of the last command to the end of the action. */
  readonly tailSeconds: Span;
  /** From a cancel to the stop of a running action. */
  readonly cancelSeconds: Span;
  /** Life of a result link (get live response result API page). */
  readonly linkSeconds: number;
}

/** Three published traces give the first command and the tail; the rest is ours. */
export const DEFAULT_TIMINGS: Timings = {
  pendingSeconds: [5, 25],
  firstCommandSeconds: [120, 150],
  putFileSeconds: [1, 3],
  scriptSeconds: [20, 60],
  getFileSeconds: [1, 5],
  tailSeconds: [37, 46],
  cancelSeconds: [2, 10],
  linkSeconds: 1_800,
};

/** A stretch of simulated seconds after the start; without an end it lasts for ever. */
export interface OutageWindow {
  readonly fromSeconds: number;
  readonly untilSeconds?: number;
}

/** Bytes as they are, or so many pseudo-random bytes that are generated when they are read. */
export interface SimulatedFile {
  readonly content: Uint8Array | { readonly randomBytes: number };
}

/** What a script does on one machine. */
export interface SimulatedScript {
  readonly exitCode?: number;
  readonly output?: string;
  readonly errors?: string;
  readonly seconds?: number;
  /** The command ends Failed whatever the exit code. */
  readonly failsAction?: boolean;
  /** Files that are on the machine once the script has run. */
  readonly creates?: Readonly<Record<string, SimulatedFile>>;
}

/** A script that a machine is told to run, with the bytes that the library has. */
export interface ToldScript {
  readonly fileName: string;
  readonly content: Uint8Array;
  /** As they came in the POST; null if none came. */
  readonly args: string | null;
  /** As on the wire. */
  readonly osPlatform: string;
}

export interface SimulatedMachine {
  /** 40 hex digits. */
  readonly id: string;
  readonly computerDnsName: string;
  readonly osPlatform: string;
  /** As on the wire; default Active. */
  readonly healthStatus?: string;
  /**
   * As on the wire; default Onboarded. A machine that is not onboarded never takes an action up.
   */
  readonly onboardingStatus?: string;
  /** ISO time; default is the start of the simulator. */
  readonly lastSeen?: string;
  /** The id of the machine it was merged into; default none. */
  readonly mergedIntoMachineId?: string;
  readonly rbacGroupName?: string;
  readonly machineTags?: readonly string[];
  readonly offline?: readonly OutageWindow[];
  /**
   * Someone works on the machine in the portal: 400 ActiveRequestAlreadyExists with nothing
   * listed.
   */
  readonly portalSession?: readonly OutageWindow[];
  /**
   * The machine's answer to every POST, for instance DisallowedOperation when it has no automation
   * level.
   */
  readonly refuses?: "DisallowedOperation" | "OsPlatformNotSupported" | "ClientVersionNotSupported";
  readonly files?: Readonly<Record<string, SimulatedFile>>;
  /** By library file name; goes before what the library file itself says. */
  readonly scripts?: Readonly<Record<string, SimulatedScript>>;
}

/** What a script of `library/` lists as rows. */
export type RowsKind = "autostarts" | "scheduled-work" | "listening-ports" | "local-administrators";

export interface SimulatedLibraryFile {
  readonly fileName: string;
  readonly content: Uint8Array;
  readonly description?: string;
  /** What it does when run, on machines that have no entry of their own for it. */
  readonly simulate?: {
    readonly seconds?: number;
    readonly exitCode?: number;
    readonly output?: string;
    readonly errors?: string;
    /** It lists rows: `listed-rows.ts` says which, and its arguments where. */
    readonly rows?: RowsKind;
    /** Path of the archive it leaves behind; `{machine}` and `{args}` are filled in. */
    readonly creates?: string;
  };
}

/**
 * Other bytes under a name, at once or later; a change with both times waits for the later one. It
 * is made when the simulator is next asked something.
 */
export interface LibraryChange {
  readonly fileName: string;
  /** Null deletes the file. */
  readonly content: Uint8Array | null;
  /** Simulated seconds since the start. */
  readonly afterSeconds?: number;
  /** Once so many actions have begun on their machines. */
  readonly afterActions?: number;
}

/**
 * Who may call. Without `required` every call is let in, as the application "simulated-
 * application".
 */
export interface TokenOptions {
  readonly required: boolean;
  /** Static bearer tokens. A plain string is a token with every role that does not expire. */
  readonly accepted?: readonly (string | StaticToken)[];
  /** Who may ask the token endpoint; when left out, anyone, with every role. */
  readonly applications?: readonly SimulatedApplication[];
  /**
   * Audiences the API takes; default the legacy resource,
   * https://api.securitycenter.microsoft.com, and the names it had before.
   */
  readonly audiences?: readonly string[];
  /**
   * Life of an issued token in real seconds, never scaled: clients renew by fixed margins. Default
   * 3599.
   */
  readonly lifeSeconds?: number;
}

export interface StaticToken {
  readonly token: string;
  readonly requestor?: string;
  readonly roles?: readonly string[];
  readonly audience?: string;
  readonly expiresAtMs?: number;
}

export interface SimulatedApplication {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly roles: readonly string[];
}
