import type { Problem } from "../incident/problem.ts";
import { isLoopback } from "../loopback.ts";
import { CLOUDS, settingTrouble } from "./address.ts";

/** The settings that say where Defender, Entra and Azure are. */
interface Places {
  readonly DEFENDER_CLOUD: keyof typeof CLOUDS;
  readonly DEFENDER_API_URL?: string | undefined;
  readonly ENTRA_AUTHORITY: string;
  readonly AZURE_MANAGEMENT_URL: string;
  readonly SENTINEL_COMMENTS: "true" | "false";
}

/** The addresses of GCC High and DoD; GCC has those of the commercial cloud. */
const GOVERNMENT = {
  authority: "https://login.microsoftonline.us",
  management: "https://management.usgovcloudapi.net",
} as const;

/** Problems with an address to which no call is possible, or with addresses of different clouds. */
export function cloudProblems(from: Places): Problem[] {
  const { DEFENDER_API_URL: url = CLOUDS[from.DEFENDER_CLOUD] } = from;
  const trouble = settingTrouble(url);
  if (trouble !== null) return [{ path: "DEFENDER_API_URL", message: trouble }];
  if (isLoopback(new URL(url).hostname)) return [];
  return [...mixed(url, from.DEFENDER_CLOUD), ...elsewhere(from)];
}

/** The token scope depends on the cloud, so with a government address the cloud has to be set. */
function mixed(url: string, cloud: keyof typeof CLOUDS): Problem[] {
  const { hostname } = new URL(url);
  const own = Object.entries(CLOUDS).filter(([, each]) => new URL(each).hostname === hostname);
  const names = own.map(([name]) => name);
  if (names.length === 0 || names.includes(cloud) || names.includes("commercial")) return [];
  const message = `${hostname} is the address of ${names.join(" or ")}; set DEFENDER_CLOUD to that`;
  return [{ path: "DEFENDER_CLOUD", message }];
}

/** Its identities and its Azure are separate from those of the commercial cloud. */
function elsewhere(from: Places): Problem[] {
  if (from.DEFENDER_CLOUD !== "gcc-high" && from.DEFENDER_CLOUD !== "dod") return [];
  const problems: Problem[] = [];
  if (new URL(from.ENTRA_AUTHORITY).hostname === "login.microsoftonline.com") {
    const message = `DEFENDER_CLOUD is ${from.DEFENDER_CLOUD}; set ${GOVERNMENT.authority}`;
    problems.push({ path: "ENTRA_AUTHORITY", message });
  }
  const { hostname } = new URL(from.AZURE_MANAGEMENT_URL);
  if (from.SENTINEL_COMMENTS === "true" && hostname === "management.azure.com") {
    const message = `DEFENDER_CLOUD is ${from.DEFENDER_CLOUD}; set ${GOVERNMENT.management}`;
    problems.push({ path: "AZURE_MANAGEMENT_URL", message });
  }
  return problems;
}
