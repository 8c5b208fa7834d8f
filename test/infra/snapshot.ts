import { readFileSync } from "node:fs";
import { z } from "zod";

const ROOT = new URL("../../infra/", import.meta.url);

/** What one deployment makes: the compiler's own prediction, as it is committed. */
const snapshotSchema = z.strictObject({
  predictedResources: z.array(
    z.looseObject({
      id: z.string(),
      type: z.string(),
      name: z.string(),
      tags: z.record(z.string(), z.string()).optional(),
    }),
  ),
  diagnostics: z.array(z.unknown()),
  outputs: z.record(z.string(), z.string()),
});

export type Snapshot = z.infer<typeof snapshotSchema>;
export type Resource = Snapshot["predictedResources"][number];

/** The text of a file, by its path from `infra`. */
export function infraFile(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

function snapshotAt(path: string): Snapshot {
  return snapshotSchema.parse(JSON.parse(infraFile(path)));
}

/** What is deployed by default, with all options, in US Government, and as two apps. */
export const SNAPSHOTS = {
  default: snapshotAt("main.snapshot.json"),
  full: snapshotAt("scenarios/full.snapshot.json"),
  government: snapshotAt("scenarios/government.snapshot.json"),
  twoApps: snapshotAt("scenarios/two-apps.snapshot.json"),
} as const;

export const EVERY_SNAPSHOT = Object.entries(SNAPSHOTS).map(([name, snapshot]) => ({
  name,
  snapshot,
}));

export function ofType({ predictedResources }: Snapshot, type: string): Resource[] {
  return predictedResources.filter((resource) => resource.type === type);
}

/** The only resource of a type; throws if there is none, or more. */
export function onlyOf(snapshot: Snapshot, type: string): Resource {
  const [only, ...others] = ofType(snapshot, type);
  if (only === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return only;
}

/** The last parts of the names of a type's resources, in order. */
export function namesOf(snapshot: Snapshot, type: string): string[] {
  return ofType(snapshot, type)
    .map(({ name }) => name.split("/").at(-1) ?? "")
    .toSorted();
}

const settingsSchema = z.record(z.string(), z.string());

/** Settings of the app that can be called, but for those which disable functions. */
export function appSettings(snapshot: Snapshot): Record<string, string> {
  const site = ofType(snapshot, "Microsoft.Web/sites").find(
    ({ tags }) => tags?.["azd-service-name"] === "api",
  );
  const all = Object.entries(settingsOf(snapshot, site?.name ?? ""));
  return Object.fromEntries(all.filter(([name]) => !name.endsWith(".Disabled")));
}

/** All settings of an app, as the deployment sets them; `[...]` is known only when it runs. */
export function settingsOf(snapshot: Snapshot, app: string): Record<string, string> {
  const all = ofType(snapshot, "Microsoft.Web/sites/config");
  const settings = all.find(({ name }) => name === `${app}/appsettings`);
  return settingsSchema.parse(settings?.["properties"]);
}
