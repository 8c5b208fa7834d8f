import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type {
  HookName,
  ProgrammingModel,
  RegisteredFunction,
  Registration,
} from "./functions-core.ts";
import { openDoor } from "./functions-core.ts";

/**
 * An app after its registrations; `stream` is the library's own HTTP door when the app asked for
 * streams.
 */
export interface LoadedApp {
  readonly functions: readonly RegisteredFunction[];
  readonly model: ProgrammingModel;
  readonly stream: { readonly port: number; readonly close: () => void } | null;
  /** Runs the hooks of one name in the order of registration; what one throws ends the row. */
  runHooks(name: HookName, context: object): Promise<void>;
  /** Values that hooks share for the life of the app. */
  readonly appHookData: Record<string, unknown>;
}

const PackageJson = z.object({ main: z.string().min(1) });

// A second import of one URL would not run the module again, so every load gets a query of its own.
let loads = 0;

/**
 * Imports the app that `package.json` in `root` names under `main` (a file, or one `*` in the last
 * part of the path) and runs its appStart hooks. `headerBytes` is what the library's own HTTP door
 * takes of headers; null is Node's default. Throws with a sentence when the app is not there or
 * registers nothing.
 */
export async function loadApp(
  root: string,
  log: Registration["log"],
  headerBytes: number | null,
): Promise<LoadedApp> {
  const files = await appFiles(root);
  const registration = openDoor(log);
  loads += 1;
  for (const file of files) {
    await import(/* @vite-ignore */ `${pathToFileURL(file).href}?load=${loads}`);
  }
  const { functions, hooks, model } = registration;
  if (functions.length === 0 || model === null) {
    throw new Error(`${files.join(", ")} registered no function`);
  }
  const app = { functions, model, appHookData: {} };
  const runHooks: LoadedApp["runHooks"] = async (name, context) => {
    for (const hook of hooks[name]) await hook(context);
  };
  await runHooks("appStart", {
    hookData: {},
    appHookData: app.appHookData,
    functionAppDirectory: root,
  });
  const stream = await openStream(model, headerBytes);
  registration.locked = true;
  return { ...app, stream, runHooks };
}

async function appFiles(root: string): Promise<string[]> {
  const manifest = join(root, "package.json");
  if (!existsSync(manifest)) throw new Error(`no package.json in ${root}`);
  const parsed = PackageJson.safeParse(JSON.parse(readFileSync(manifest, "utf8")));
  if (!parsed.success) throw new Error(`${manifest} has no "main" that names the app`);
  const path = join(root, parsed.data.main);
  const files = path.includes("*") ? await filesLike(path) : [path].filter((f) => existsSync(f));
  if (files.length === 0) throw new Error(`${path} does not exist: build the app first`);
  return files;
}

async function filesLike(path: string): Promise<string[]> {
  const folder = dirname(path);
  const [before, after, ...more] = basename(path).split("*");
  if (folder.includes("*") || more.length > 0) {
    throw new Error(`"main" may hold one "*", in its last part: ${path}`);
  }
  const names = existsSync(folder) ? await readdir(folder) : [];
  return names
    .filter((name) => name.startsWith(before ?? "") && name.endsWith(after ?? ""))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * With `enableHttpStream` the library listens on a port of its own, where the host forwards
 * requests. It would listen on every network interface, unauthenticated, so its `listen` is pinned
 * to loopback while it starts.
 */
async function openStream(
  model: ProgrammingModel,
  headerBytes: number | null,
): Promise<LoadedApp["stream"]> {
  const opened: Server[] = [];
  const inherited = Object.getOwnPropertyDescriptor(NetServer.prototype, "listen");
  const realListen: (...args: unknown[]) => Server = inherited?.value;
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    opened.push(this);
    // Node reads it anew for each connection.
    if (headerBytes !== null) Reflect.set(this, "maxHeaderSize", headerBytes);
    const onListening = args.find((arg) => typeof arg === "function");
    return Reflect.apply(realListen, this, [0, "127.0.0.1", onListening]);
  };
  try {
    const { HttpUri: uri } = await model.getCapabilities({});
    if (uri === undefined) return null;
    const close = (): void => {
      for (const server of opened) {
        server.close();
        server.closeAllConnections();
      }
    };
    return { port: Number(new URL(uri).port), close };
  } finally {
    // The real one is inherited from net.Server and shows again.
    Reflect.deleteProperty(Server.prototype, "listen");
  }
}
