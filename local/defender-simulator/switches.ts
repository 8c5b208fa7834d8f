/** A span of simulated seconds; each use draws its own value from it, seeded. */
export type Span = readonly [from: number, to: number];

/**
 * What the vendor's pages leave open, or say in two ways, as positions to choose from. Every switch
 * has a default in `DEFAULT_SWITCHES`; the README tells where each default comes from.
 */
export interface Switches {
  /**
   * Who shares the calls a minute and the sessions: the whole tenant, one application, or one
   * token.
   */
  readonly limitScope: "tenant" | "application" | "token";
  /** Whether a call that was refused counts against the calls a minute. */
  readonly refusedCallsCount: boolean;
  /** Whether a Pending action counts against the session cap. */
  readonly pendingCountsAsSession: boolean;
  /** Whether a session opened in the portal counts against the session cap. */
  readonly portalSessionsCount: boolean;
  readonly retryAfterOnRate: boolean;
  readonly retryAfterOnSessionCap: boolean;
  readonly retryAfterOnReads: boolean;
  /** Read quotas count each API on its own, or all of them together. */
  readonly readQuotaScope: "perApi" | "shared";
  readonly submitStatus: 200 | 201;
  /**
   * What the POST answers: the documented entity, or the one seen in 2022 without machine and
   * commands.
   */
  readonly submittedEntity: "documented" | "sparse";
  /** Whether the POST takes a computer name in the place of the machine id. */
  readonly submitByName: boolean;
  readonly misordered: "refused" | "accepted";
  readonly missingComment: "accepted" | "refused";
  /** What becomes of an `ExternalId` in the POST body. */
  readonly externalId: "ignored" | "stored" | "refused";
  /**
   * Whether the POST refuses the characters that the portal console refuses in script arguments.
   */
  readonly argumentCharacters: "accepted" | "refused";
  /** What a PutFile or RunScript of a file that is not in the library does. */
  readonly missingLibraryFile: "failsCommand" | "refused";
  /** Whether live response is switched on in the tenant; off answers 403 DisabledFeature. */
  readonly liveResponseEnabled: boolean;
  /** For how long after the POST the action is unknown to GET by id. */
  readonly visibleAfterSeconds: Span;
  /** For how long after the POST the action is missing from the list. */
  readonly listedAfterSeconds: Span;
  /** For how long after the end of a command its result link is still 404. */
  readonly resultAfterSeconds: Span;
  /**
   * How long an action waits for an unavailable machine: three days on older pages, two hours on
   * newer.
   */
  readonly queueTtlSeconds: number;
  readonly runScriptTimeoutSeconds: number;
  /** Which ends are called TimeOut; the other one is then called Failed. */
  readonly timeOutMeans: "both" | "queue" | "execution";
  /** The status of a command that never ran because one before it failed. */
  readonly neverRunStatus: "Created" | "Skipped";
  readonly commandErrors: "strings" | "objects";
  /** `errorHResult` of an action that ended Failed or TimeOut. */
  readonly failureHResult: number;
  readonly troubleshootInfo: string | null;
  readonly exitCodeFailsAction: boolean;
  /** The status of a result link that there is no result for. */
  readonly noResultStatus: 404 | 400;
  /** Whether the output of a failed RunScript can be fetched. */
  readonly failedScriptHasResult: boolean;
  /** How long results are kept after the action ended; null is for ever. */
  readonly resultRetentionSeconds: number | null;
  readonly blobContentType: string;
  readonly scriptResult: "padded" | "plain" | "rawNewline" | "names2021";
  readonly fileResult: "gzip" | "raw";
  /**
   * Whether cancelling a running action stops it soon, or changes nothing but the cancellation
   * fields.
   */
  readonly cancelWhileRunning: "stops" | "runsOn";
  readonly cancelRefusalCode: string;
  /** Whether collections take `$orderby`, `$select` and `$count`, which no page shows for them. */
  readonly moreQueryOptions: "accepted" | "refused";
  /** What a machine filter that matches nothing answers. */
  readonly noMachineMatch: "emptyList" | "notFound";
  /** Whether Machine.Read.All still opens machine actions and their results. */
  readonly readRoleSuffices: boolean;
}

/** The cautious position of every switch; sources in the README's table. */
export const DEFAULT_SWITCHES: Switches = {
  limitScope: "tenant",
  refusedCallsCount: true,
  pendingCountsAsSession: true,
  portalSessionsCount: false,
  retryAfterOnRate: true,
  retryAfterOnSessionCap: false,
  retryAfterOnReads: true,
  readQuotaScope: "perApi",
  submitStatus: 201,
  submittedEntity: "documented",
  submitByName: false,
  misordered: "refused",
  missingComment: "accepted",
  externalId: "ignored",
  argumentCharacters: "accepted",
  missingLibraryFile: "failsCommand",
  liveResponseEnabled: true,
  visibleAfterSeconds: [0, 5],
  listedAfterSeconds: [0, 0],
  resultAfterSeconds: [0, 3],
  queueTtlSeconds: 3 * 24 * 3600,
  runScriptTimeoutSeconds: 600,
  timeOutMeans: "both",
  neverRunStatus: "Created",
  commandErrors: "strings",
  failureHResult: 0,
  troubleshootInfo: null,
  exitCodeFailsAction: false,
  noResultStatus: 404,
  failedScriptHasResult: false,
  resultRetentionSeconds: null,
  blobContentType: "application/octet-stream",
  scriptResult: "padded",
  fileResult: "gzip",
  cancelWhileRunning: "stops",
  cancelRefusalCode: "BadRequest",
  moreQueryOptions: "accepted",
  noMachineMatch: "emptyList",
  readRoleSuffices: false,
};
