import { join } from "node:path";
import { UsageError } from "../command/stop.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where the places of this user are kept, as the system wants it. Throws if it does not say. */
export function placesFolder(env: Env, platform: NodeJS.Platform): string {
  const { XDG_CONFIG_HOME: xdg, HOME: home, APPDATA: appData } = env;
  if (platform === "win32" && appData) return join(appData, "lrq", "places");
  if (xdg) return join(xdg, "lrq", "places");
  if (home) return join(home, ".config", "lrq", "places");
  throw new UsageError(
    "say where lrq is: set LRQ_URL and LRQ_KEY",
    "Nothing can be kept here: neither HOME, XDG_CONFIG_HOME nor APPDATA is set.",
  );
}
