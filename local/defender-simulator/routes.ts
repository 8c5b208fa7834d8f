import { issueToken } from "./access.ts";
import { cancelAction, getAction, getResultLink, listActions } from "./action-routes.ts";
import { apiError } from "./answer.ts";
import type { Answer, Call } from "./answer.ts";
import type { FaultKind, FaultPoint } from "./fault-plan.ts";
import { runGraphQuery, runQuery } from "./hunting.ts";
import { deleteFromLibrary, listLibrary, uploadToLibrary } from "./library.ts";
import { findMachinesByIp, findMachinesByTag, getMachine, listMachines } from "./machine-routes.ts";
import { findMachine, unknownMachine } from "./machines.ts";
import { countRead } from "./reads.ts";
import type { ReadApi } from "./reads.ts";
import { BLOB_ROOT, download } from "./results.ts";
import { refuseSubmit, submit, submitExisting } from "./submit.ts";
import type { Tenant } from "./tenant.ts";

/** What a call is about: where faults strike it, and how it is carried out or refused. */
export interface Routed {
  readonly point: FaultPoint | null;
  /** Carries the call out; `fault` is a planned fault that changes the outcome itself. */
  answer(fault: FaultKind | null): Answer;
  /** Counts a call that a fault answers instead. */
  refuse(answer: Answer): void;
}

/** Paths are case-insensitive, and `v1.0` may follow `api`. */
export function route(tenant: Tenant, call: Call): Routed {
  const version = /^\/([^/]+)\/oauth2\/(v2\.0\/)?token$/i.exec(call.path);
  if (version !== null && call.method === "POST") {
    const issue = () => issueToken(tenant, call, version[1]!, version[2] === undefined ? 1 : 2);
    return { point: "token", answer: issue, refuse: nothing };
  }
  if (call.method === "GET" && call.path.startsWith(`/${BLOB_ROOT}/`)) {
    return { point: "download", answer: () => download(tenant, call), refuse: nothing };
  }
  if (/^\/v1\.0\/security\/runHuntingQuery$/i.test(call.path) && call.method === "POST") {
    return {
      point: "hunt",
      answer: () => countRead(tenant, "hunt", call.nowMs) ?? runGraphQuery(tenant, call),
      refuse: () => void countRead(tenant, "hunt", call.nowMs),
    };
  }
  const path = readable(/^\/api\/(?:v1\.0\/)?(.*)$/i.exec(call.path)?.[1] ?? "");
  for (const entry of READS) {
    const match = call.method === entry.method ? entry.path.exec(path) : null;
    if (match === null) continue;
    const argument = (index: number) => decode(match[index] ?? "");
    return {
      point: entry.point,
      answer: (fault) =>
        countRead(tenant, entry.api, call.nowMs) ?? entry.answer({ tenant, call, argument, fault }),
      refuse: () => void countRead(tenant, entry.api, call.nowMs),
    };
  }
  const submitted = /^machines\/([^/]+)\/runliveresponse$/i.exec(path);
  if (submitted === null || call.method !== "POST") return unknownRoute(tenant, call, path);
  const machineId = decode(submitted[1]!);
  return {
    point: "submit",
    answer: (fault) =>
      fault === "existing-action"
        ? submitExisting(tenant, call, machineId)
        : submit(tenant, call, machineId),
    refuse: (answer) => refuseSubmit(tenant, call, machineId, answer),
  };
}

interface Asked {
  readonly tenant: Tenant;
  readonly call: Call;
  /** The n-th part of the path that the pattern captured, decoded. */
  readonly argument: (index: number) => string;
  readonly fault: FaultKind | null;
}

interface Read {
  readonly method: string;
  readonly path: RegExp;
  readonly api: ReadApi;
  readonly point: FaultPoint;
  answer(asked: Asked): Answer;
}

const READS: readonly Read[] = [
  {
    method: "GET",
    path: /^machineactions$/i,
    api: "list",
    point: "list",
    answer: ({ tenant, call }) => listActions(tenant, call),
  },
  {
    method: "GET",
    path: /^machineactions\/([^/]+)$/i,
    api: "get",
    point: "get",
    answer: ({ tenant, call, argument }) => getAction(tenant, call, argument(1)),
  },
  {
    method: "GET",
    path: /^machineactions\/([^/]+)\/GetLiveResponseResultDownloadLink\(index=(\d{1,6})\)$/i,
    api: "link",
    point: "link",
    answer: ({ tenant, call, argument }) =>
      getResultLink(tenant, call, argument(1), Number(argument(2))),
  },
  {
    method: "POST",
    path: /^machineactions\/([^/]+)\/cancel$/i,
    api: "cancel",
    point: "cancel",
    answer: ({ tenant, call, argument, fault }) =>
      cancelAction(tenant, call, argument(1), fault === "cancel-loses"),
  },
  {
    method: "GET",
    path: /^machines$/i,
    api: "machines",
    point: "machines",
    answer: ({ tenant, call }) => listMachines(tenant, call),
  },
  {
    method: "GET",
    path: /^machines\/findbytag(?:\((.*)\))?$/i,
    api: "findByTag",
    point: "machines",
    answer: ({ tenant, call, argument }) => findMachinesByTag(tenant, call, argument(1)),
  },
  {
    method: "GET",
    path: /^machines\/findbyip(?:\((.*)\))?$/i,
    api: "findByIp",
    point: "machines",
    answer: ({ tenant, call, argument }) => findMachinesByIp(tenant, call, argument(1)),
  },
  {
    method: "GET",
    path: /^machines\/([^/]+)$/i,
    api: "machine",
    point: "machines",
    answer: ({ tenant, call, argument }) => getMachine(tenant, call, argument(1)),
  },
  {
    method: "POST",
    path: /^advancedqueries\/run$/i,
    api: "hunt",
    point: "hunt",
    answer: ({ tenant, call }) => runQuery(tenant, call),
  },
  {
    method: "GET",
    path: /^libraryfiles$/i,
    api: "libraryList",
    point: "library",
    answer: ({ tenant, call }) => listLibrary(tenant, call),
  },
  {
    method: "POST",
    path: /^libraryfiles$/i,
    api: "libraryUpload",
    point: "library",
    answer: ({ tenant, call }) => uploadToLibrary(tenant, call),
  },
  {
    method: "DELETE",
    path: /^libraryfiles\/([^/]+)$/i,
    api: "libraryDelete",
    point: "library",
    answer: ({ tenant, call, argument }) => deleteFromLibrary(tenant, call, argument(1)),
  },
];

/** Whatever is asked of a machine that nobody knows, it is the machine that was not found. */
function unknownRoute(tenant: Tenant, call: Call, path: string): Routed {
  const asked = /^machines\/([^/]+)\/./i.exec(path)?.[1];
  const idOrName = asked === undefined ? null : decode(asked);
  const message = `No HTTP resource was found for ${call.method} ${call.path}`;
  return {
    point: null,
    answer: () =>
      idOrName !== null && findMachine(tenant, idOrName) === null
        ? unknownMachine(tenant, idOrName)
        : apiError(tenant, 404, "NotFound", message),
    refuse: nothing,
  };
}

/** The signs of a function's arguments, `'`, `(`, `)`, `,`, `:` and `=`, may come encoded. */
function readable(path: string): string {
  return path.replaceAll(/%(?:27|28|29|2c|3a|3d)/gi, decodeURIComponent);
}

function nothing(): void {
  // Tokens, downloads and unknown paths have no quota to count against.
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
