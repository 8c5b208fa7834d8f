import { isLoopback } from "../shared/loopback.ts";
import { LIFTED_CAPS } from "./settings.ts";
import type { Stack } from "./stack.ts";

/** What the greeting is made from. */
export interface Greeting {
  readonly stack: Pick<Stack, "url" | "azurite"> & {
    readonly simulator: { readonly url: string } | null;
  };
  readonly key: string;
  readonly speed: number;
  /** A machine to try things on. */
  readonly machine: { readonly id: string; readonly computerDnsName: string } | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
}

/** What `npm start` says when everything is up: where things are, and lines to copy that work. */
export function greeting({ stack, key, speed, machine, env, logFile }: Greeting): string {
  const { url, azurite, simulator } = stack;
  const ownCallers = env["CALLERS"] !== undefined && env["CALLERS"] !== "";
  const shownKey = ownCallers ? "YOUR_KEY" : key;
  const given = env["DEFENDER_API_URL"] ?? "";
  const defender =
    simulator === null
      ? `${given}   (from DEFENDER_API_URL${isOnThisComputer(given) ? "" : ": sessions there are real"})`
      : `${simulator.url}   (simulated, ${speed} times faster than real time)`;
  const storage =
    azurite === null
      ? "the account in AzureWebJobsStorage"
      : `Azurite, blobs on ${azurite.ports.blob}, queues on ${azurite.ports.queue}, tables on ${azurite.ports.table}`;
  return [
    "",
    `lrq        ${url}/api`,
    `page       ${url}/api/page   (sign in with the key)`,
    `Defender   ${defender}`,
    `storage    ${storage}`,
    `key        ${ownCallers ? "as CALLERS says" : key}`,
    `data       .lrq/start   (npm start -- --fresh starts again without it)`,
    `log        ${logFile}   (LRQ_VERBOSE=1 shows all of it here)`,
    ...(simulator === null ? [] : liftedCaps(env)),
    "",
    "Send it an incident:",
    "",
    `curl -s ${url}/api/incidents/generic -H 'authorization: Bearer ${shownKey}' ` +
      `-H 'content-type: application/json' -d '${incident(stack, machine)}'`,
    "",
    "Then ask for the run at the statusUrl of the answer:",
    "",
    `curl -s STATUS_URL -H 'authorization: Bearer ${shownKey}'`,
    "",
    "Ctrl-C stops everything.",
    "",
  ].join("\n");
}

/** What is looser here than in an app that is deployed, unless the environment says otherwise. */
function liftedCaps(env: Greeting["env"]): string[] {
  const lifted = Object.entries(LIFTED_CAPS).filter(([name]) => !env[name]);
  return lifted.map(([name, value], index) => {
    return `${index === 0 ? "raised" : "      "}     ${name}=${value}`;
  });
}

function isOnThisComputer(address: string): boolean {
  return isLoopback(new URL(address).hostname);
}

/** For a tenant we do not know, the machine is left to whoever copies the line. */
function incident({ simulator }: Greeting["stack"], machine: Greeting["machine"]): string {
  const known = simulator !== null && machine !== undefined;
  const named = known
    ? { machineId: machine.id, name: machine.computerDnsName }
    : { machineId: "MACHINE_ID" };
  return JSON.stringify({
    incident: { id: "TRY-1", title: "Trying lrq", severity: "high" },
    machines: [named],
  });
}
