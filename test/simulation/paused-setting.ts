import { pauseBySetting } from "../../shared/workflow/operate/pause.ts";
import type { Ports } from "../../shared/ports.ts";
import type { Epoch } from "./hosts.ts";
import type { World } from "./world.ts";

/** What an app with the setting PAUSED does first. True if it may submit nothing. */
export async function heldBySetting(
  { judge }: World,
  epoch: Epoch,
  ports: Ports,
): Promise<boolean> {
  if (!epoch.isPaused) return false;
  await pauseBySetting(ports);
  judge.setting.held();
  return true;
}
