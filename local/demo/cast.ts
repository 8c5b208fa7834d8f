import type { SimulatedMachine, SimulatedScript } from "../defender-simulator/options.ts";
import { sampleTenant, type SampleTenant } from "../defender-simulator/sample-tenant.ts";
import { triageArchive } from "./triage-archive.ts";

/** What befalls a machine of the demo. */
type Part = "works" | "offline" | "portalSession" | "scriptFails";

/** One machine of the demo: who names it, and what befalls it. */
export interface CastMember {
  readonly machineId: string;
  /** The short name, for people. */
  readonly name: string;
  readonly dnsName: string;
  /** The platform, for people. */
  readonly platform: string;
  readonly source: "sentinel" | "jira";
  readonly part: Part;
}

/** The machines of the demo, in the order they are shown, and the tenant they live in. */
export interface Cast {
  readonly members: readonly CastMember[];
  readonly tenant: SampleTenant;
}

interface Role {
  readonly name: string;
  readonly osPlatform: string;
  readonly platform: string;
  readonly source: CastMember["source"];
  readonly part: Part;
}

const ROLES: readonly [Role, ...Role[]] = [
  role("pc-0101", ["Windows11", "Windows 11"], "sentinel", "works"),
  role("web-01", ["Linux", "Linux"], "sentinel", "works"),
  role("srv-db02", ["WindowsServer2022", "Server 2022"], "sentinel", "scriptFails"),
  role("lt-0207", ["Windows11", "Windows 11"], "sentinel", "offline"),
  role("pc-0311", ["Windows10", "Windows 10"], "jira", "works"),
  role("pc-0312", ["Windows10", "Windows 10"], "jira", "portalSession"),
];

/**
 * Six machines: one offline for a while, one whose script fails, one that somebody works on in the
 * portal, three that work. Their ids are the same for the same seed. `linux`, if given, is what the
 * triage of the Linux machine does.
 */
export function castFor(seed: number, linux: SimulatedScript | null = null): Cast {
  const tenant = sampleTenant({
    machines: ROLES.length,
    seed,
    change: (machine, index) => play(machine, roleAt(index), linux),
  });
  const members = tenant.machines.map((machine, index) => {
    const { name, platform, source, part } = roleAt(index);
    return {
      machineId: machine.id,
      name,
      dnsName: machine.computerDnsName,
      platform,
      source,
      part,
    };
  });
  return { members, tenant };
}

/** The machine that plays this part. Throws if nobody does. */
export function memberFor(cast: Cast, part: Part): CastMember {
  const found = cast.members.find((member) => member.part === part);
  if (found === undefined) throw new Error(`nobody plays ${part}`);
  return found;
}

function role(
  name: string,
  [osPlatform, platform]: readonly [string, string],
  source: Role["source"],
  part: Part,
): Role {
  return { name, osPlatform, platform, source, part };
}

function roleAt(index: number): Role {
  return ROLES[index] ?? ROLES[0];
}

function play(
  machine: SimulatedMachine,
  { name, osPlatform, part }: Role,
  linux: SimulatedScript | null,
): SimulatedMachine {
  const isLinux = osPlatform === "Linux";
  const scriptName = isLinux ? "collect-unix-triage.sh" : "Collect-WindowsTriage.ps1";
  const path = isLinux ? "/tmp/lrq-triage.tar.gz" : "C:\\ProgramData\\lrq\\triage.zip";
  const invented = { creates: { [path]: { content: triageArchive(path, name) } } };
  const collected = (isLinux ? linux : null) ?? invented;
  return {
    ...machine,
    computerDnsName: `${name}.corp.contoso.example`,
    osPlatform,
    scripts: { [scriptName]: part === "scriptFails" ? FAILURE : collected },
  };
}

const FAILURE = {
  exitCode: 1,
  failsAction: true,
  errors: "Compress-Archive : There is not enough space on the disk.",
} as const;
