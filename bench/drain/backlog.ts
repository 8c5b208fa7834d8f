import { createHash } from "node:crypto";
import type { Incident } from "../../shared/incident/incident.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { Defender } from "../../shared/ports.ts";
import { buildCatalogue, type Catalogue } from "../../shared/plan/profile/catalogue.ts";
import { accept, type AcceptPorts } from "../../shared/workflow/accept/accept.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";

/** A PutFile leaves no result, so nothing is collected; of a GetFile there is a file. */
const PUT = { type: "PutFile", fileName: "tool.bin" } as const;
const GET = { type: "GetFile", path: "/var/log/syslog" } as const;
const PROFILES = {
  "sweep-put": { lane: "sweep", command: PUT },
  "urgent-put": { lane: "urgent", command: PUT },
  "sweep-file": { lane: "sweep", command: GET },
} as const;
export type BenchProfile = keyof typeof PROFILES;

export const CATALOGUE = catalogue();
const EXPIRY_MS = 30 * 86_400_000;

/** Takes one incident in, as the webhook does, by the production workflow. */
export async function acceptIncident(
  ports: Omit<AcceptPorts, "countedCommits" | "lookUpPayments">,
  limits: Limits,
  asked: { incidentId: string; machineIds: readonly string[]; profile: BenchProfile },
): Promise<void> {
  const { incidentId, machineIds, profile } = asked;
  const profiles = { catalogue: CATALOGUE, routing: { rules: [] } };
  const settings = {
    limits: { ...limits, ...MANY_LOOK_UPS },
    expiryMs: EXPIRY_MS,
    scope: {},
    policy: null,
    approvalMs: 3_600_000,
    ...profiles,
  };
  const countedCommits = createCountedCommits(ports);
  const lookUpPayments = createLookUpPayments(ports, settings.limits);
  const defender = { ...ports.defender, readMachines: knownToDefender };
  const sharing = { ...ports, defender, countedCommits, lookUpPayments };
  const acceptance = await accept(sharing, settings, {
    incident: incidentOf(incidentId, machineIds),
    caller: "bench",
    team: "bench",
    asked: { profile, parameters: {} },
    idempotencyKey: null,
    requestHash: incidentId,
    signedAtSeconds: null,
    objectId: null,
    caps: null,
    callbacks: [],
    again: false,
    whyNotUse: () => null,
  });
  if (acceptance.kind !== "accepted") throw new Error(`${incidentId} was ${acceptance.kind}`);
}

/** A backlog is there before the measurement; in life it comes over hours. */
const MANY_LOOK_UPS = { readsPerMinute: 100_000, readsPerHour: 1_000_000 };

const knownToDefender: Defender["readMachines"] = async (machineIds) => {
  const facts = { name: null, platform: "linux", tags: null, group: null } as const;
  const rest = { onboarded: true, lastSeenAtMs: null, health: null, mergedInto: null };
  const value = machineIds.map((machineId) => ({ machineId, ...facts, ...rest }));
  return { kind: "answered", value };
};

/** The id of a machine, 40 hex digits as Defender writes them. */
export function machineIdOf(family: string, number: number): string {
  return createHash("sha1").update(`${family} ${number}`).digest("hex");
}

/** The first `count` machines of a family. */
export function machinesOf(family: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => machineIdOf(family, number));
}

function incidentOf(incidentId: string, machineIds: readonly string[]): Incident {
  const machines = machineIds.map((machineId) => {
    return { machineId, name: null, platform: "linux" } as const;
  });
  const facts = { source: "generic", title: "t", severity: "high", url: null, asks: null } as const;
  return { ...facts, incidentId, machines, unusable: [], callback: null, armId: null };
}

function catalogue(): Catalogue {
  const built = buildCatalogue(
    Object.entries(PROFILES).map(([name, { lane, command }]) => ({
      fileName: `${name}.json`,
      json: {
        name,
        version: 1,
        title: "One command",
        description: "Made for the benchmark.",
        platforms: ["linux"],
        lane,
        shell: "posix",
        parameters: {},
        commands: [command],
      },
    })),
  );
  if (built.kind === "invalid") throw new Error(JSON.stringify(built.problems));
  return built.value;
}
