/** The path of a Sentinel incident in Azure's management API, built again from its parts. */
export type ReadArmPath =
  | { readonly kind: "incident"; readonly armId: string }
  /** Another path, or none: lrq cannot put a comment below it. */
  | { readonly kind: "other" }
  /** It climbs with a part that is `.` or `..`, so a request would go to another address. */
  | { readonly kind: "climbs" };

/** The parts that are names, by the patterns of the API; the others are fixed. */
const SUBSCRIPTION = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Letters and digits of any script (Resource naming rules of Azure), and no dot at the end. */
const RESOURCE_GROUP = /^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u;
const WORKSPACE = /^[a-z0-9][a-z0-9-]{0,88}[a-z0-9]$/i;
const INCIDENT = /^[a-z0-9-]{1,64}$/i;

const INSIGHTS = "/providers/Microsoft.SecurityInsights/incidents";

/**
 * Reads a path in the form that Sentinel gives an incident (Incident Comments - Create Or Update).
 * The path has the letters of its resource group as they are: an address made of it encodes them.
 */
export function readArmPath(path: string | null): ReadArmPath {
  const parts = (path ?? "").split("/");
  if (parts.some((part) => part === "." || part === "..")) return { kind: "climbs" };
  const [, , subscription = "", , group = "", , , , workspace = "", , , , incident = ""] = parts;
  const made = `${workspacePath(subscription, group, workspace)}${INSIGHTS}/${incident}`;
  const isOne =
    made.toLowerCase() === path?.toLowerCase() &&
    SUBSCRIPTION.test(subscription) &&
    RESOURCE_GROUP.test(group) &&
    WORKSPACE.test(workspace) &&
    INCIDENT.test(incident);
  return isOne ? { kind: "incident", armId: made } : { kind: "other" };
}

function workspacePath(subscription: string, group: string, workspace: string): string {
  const inGroup = `/subscriptions/${subscription}/resourceGroups/${group}`;
  return `${inGroup}/providers/Microsoft.OperationalInsights/workspaces/${workspace}`;
}
