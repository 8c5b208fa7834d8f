/** The oldest Node that lrq runs on, as package.json says. */
const OLDEST = [20, 19] as const;

/** Why lrq cannot run on this version of Node, and what to do; null if it can. */
export function nodeTrouble(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (!isOld) return null;
  return `lrq needs Node ${OLDEST.join(".")} or newer, and this is ${version}. Install a newer one.`;
}
