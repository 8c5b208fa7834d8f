import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EXIT } from "../command/exit-codes.ts";
import { Stop, UsageError } from "../command/stop.ts";
import { parsed } from "../parsed-json.ts";

const entraSchema = z.strictObject({
  kind: z.literal("entra"),
  authority: z.url(),
  tenant: z.string(),
  client: z.string(),
  scope: z.string(),
  refreshToken: z.string(),
  /** The last access token, which is good until then. */
  accessToken: z.string(),
  expiresAt: z.iso.datetime(),
});

/** An lrq, and how this user signs in there. */
const placeSchema = z.strictObject({
  v: z.literal(1),
  url: z.url(),
  signIn: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("key"), key: z.string().min(1) }),
    entraSchema,
  ]),
});

export type Place = z.infer<typeof placeSchema>;
export type EntraSignIn = z.infer<typeof entraSchema>;

/** The place that is meant if no other is named. */
export const DEFAULT_PLACE = "default";
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** Rights of others than the owner. */
const OTHERS = 0o077;

/** The name, if a place may have it. */
export function placeName(text: string): string {
  if (NAME.test(text)) return text;
  throw new UsageError("--at takes a name of small letters, digits and hyphens");
}

/** The names of the places that there are. */
export function placesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name) => name.slice(0, -".json".length)).toSorted();
}

/** A place that was saved. Refused if others can read the file, for it holds a key. */
export function readPlace(folder: string, name: string): Place {
  const file = fileOf(folder, name);
  if (!existsSync(file)) {
    const there = placesIn(folder).join(", ");
    throw new UsageError(
      `there is no place ${name}${there === "" ? "" : `, but ${there}`}`,
      `lrq login --at ${name} --url URL makes it.`,
    );
  }
  // Windows has no such rights: there the folder is the user's own.
  if (process.platform !== "win32" && (statSync(file).mode & OTHERS) !== 0) {
    throw new Stop(EXIT.refused, `Others can read ${file}, and it holds a key.`, {
      todo: `Take their right with chmod 600 ${file}. If somebody may have read it, change the key.`,
    });
  }
  const place = parsed(readFileSync(file, "utf8"), placeSchema);
  if (place !== null) return place;
  throw new Stop(EXIT.failed, `${file} is not what lrq writes.`, {
    todo: `lrq login --at ${name} --url URL writes it anew.`,
  });
}

/** Writes a place for its owner only, whole or not at all; gives the path of the file. */
export function writePlace(folder: string, name: string, place: Place): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = fileOf(folder, name);
  const next = `${file}.${randomUUID()}`;
  writeFileSync(next, `${JSON.stringify(place, null, 1)}\n`, { mode: 0o600, flag: "wx" });
  renameSync(next, file);
  return file;
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${placeName(name)}.json`);
}
