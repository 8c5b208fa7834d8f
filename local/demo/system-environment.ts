/** What programs need of the computer they run on, in any spelling: Windows does not mind case. */
const NEEDED = new Set([
  "path",
  "pathext",
  "home",
  "userprofile",
  "systemroot",
  "windir",
  "comspec",
  "tmpdir",
  "temp",
  "tmp",
  "lang",
  "tz",
  "node_options",
]);

/**
 * The environment without every setting of lrq: the demo must neither reach a real tenant nor a
 * real storage account, whatever the shell it is started from is set up for.
 */
export function systemEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.has(name.toLowerCase())));
}
