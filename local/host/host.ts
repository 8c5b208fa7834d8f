import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadedApp } from "./app-loader.ts";
import { loadApp } from "./app-loader.ts";
import type { LogLevel, RegisteredFunction } from "./functions-core.ts";
import type { HostedFunction } from "./hosted-function.ts";
import { describeFunction } from "./hosted-function.ts";
import type { HostSettings } from "./host-settings.ts";
import { readHostSettings } from "./host-settings.ts";
import { listenHttp } from "./http-listener.ts";
import { DEFAULT_BODY_LIMIT } from "./http-message.ts";
import type { HostLog, InvocationOutcome } from "./invoke.ts";
import { createInvoker, describeError } from "./invoke.ts";
import { manualInput } from "./manual-input.ts";
import { withQueueOutputs } from "./queue-output.ts";
import type { Trigger } from "./trigger-listeners.ts";
import { listenTriggers, queueLocator } from "./trigger-listeners.ts";
import { headerBytesIn, WORKER_ARGUMENTS } from "./worker-arguments.ts";

export interface HostOptions {
  /** The app's folder, with host.json and package.json. */
  readonly root: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Connection string for queues. */
  readonly storage: string;
  /** Folder for what timers remember; null forgets with the process. */
  readonly stateDir: string | null;
  readonly log: (line: string) => void;
  /** Asked of functions whose authLevel is not anonymous; null or absent asks nothing. */
  readonly functionKey?: string | null;
  /** Asked of `/admin`, and good for every function; null or absent lets nobody in there. */
  readonly masterKey?: string | null;
  /** How long `stop` waits for work in flight; the script host's 10 s when absent. */
  readonly drainMs?: number;
}

export interface Host {
  /** Where HTTP functions are served: `http://127.0.0.1:PORT`, without the route prefix. */
  readonly url: string;
  readonly functions: readonly HostedFunction[];
  /**
   * Runs a function by hand, as the admin route does. Throws if there is none of that name or it is
   * HTTP's.
   */
  invoke(name: string, input?: unknown): Promise<InvocationOutcome>;
  /**
   * Listeners stop, work in flight is awaited within the bound, appTerminate hooks run. `drained`
   * is false when something was still running after that; its messages show themselves again after
   * up to 10 minutes.
   */
  stop(): Promise<{ readonly drained: boolean }>;
}

const DRAIN_MS = 10_000;
/** The grace a worker gets for its appTerminate hooks. */
const TERMINATE_MS = 5_000;

/**
 * Hosts an Azure Functions app in this process: loads it, then listens for HTTP, queues and timers.
 * Settings are taken from `process.env`. Throws with a sentence when host.json, the app, a route, a
 * schedule or a binding is not right, or the port is taken; nothing listens then.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const settings = readSettings(options.root);
  const log = lineLog(options.log);
  const headerBytes = headerBytesIn(process.env[WORKER_ARGUMENTS]);
  const app = withoutDisabled(await loadApp(options.root, log, headerBytes), process.env);
  const locate = queueLocator(options.storage, (name) => process.env[name]);
  const functions = app.functions.map((f) => describeFunction(f, settings, locate));
  const triggers: Trigger[] = [];
  const invoke = withQueueOutputs(createInvoker(app, settings.functionTimeoutMs, log), {
    encoding: settings.queues.messageEncoding,
    locate: (binding) => locate(binding["queueName"], binding["connection"]),
    log,
    sent: (queues, name) => {
      for (const trigger of triggers) trigger.wake(queues.accountName, name);
    },
  });
  const http = await listenHttp(options.port, {
    app,
    routePrefix: settings.routePrefix,
    invoke,
    log,
    bodyLimit: bodyLimit(),
    functionKey: options.functionKey ?? null,
    masterKey: options.masterKey ?? null,
  });
  triggers.push(
    ...listenTriggers({ app, settings, locate, invoke, log, stateDir: options.stateDir }),
  );
  const running = { app, http, triggers, log, drainMs: options.drainMs ?? DRAIN_MS };
  let stopping: Promise<{ drained: boolean }> | null = null;
  return {
    url: http.url,
    functions,
    invoke: async (name, input) => {
      const target = manualTarget(app, name);
      return await invoke(target, manualInput(target, input));
    },
    stop: () => (stopping ??= stopAll(running)),
  };
}

/** A function that a setting disables has no trigger, and its route is answered with 404. */
function withoutDisabled(app: LoadedApp, env: NodeJS.ProcessEnv): LoadedApp {
  const isDisabled = ({ metadata }: RegisteredFunction) =>
    /^(?:true|1)$/i.test(env[`AzureWebJobs.${metadata.name}.Disabled`] ?? "");
  return { ...app, functions: app.functions.filter((each) => !isDisabled(each)) };
}

function readSettings(root: string): HostSettings {
  const reading = readHostSettings(readFileSync(join(root, "host.json"), "utf8"));
  if (reading.kind === "invalid") {
    throw new Error(`host.json is not right:\n  ${reading.problems.join("\n  ")}`);
  }
  return reading.settings;
}

function lineLog(write: (line: string) => void): HostLog {
  return (level: LogLevel, source: string, message: string) => {
    write(`${new Date().toISOString()} ${level} ${source} ${message}`);
  };
}

function bodyLimit(): number {
  const text = process.env["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"];
  if (text === undefined || text === "") return DEFAULT_BODY_LIMIT;
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new Error(`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is "${text}", not a number of bytes`);
  }
  return limit;
}

function manualTarget(app: LoadedApp, name: string): RegisteredFunction {
  const target = app.functions.find((f) => f.metadata.name.toLowerCase() === name.toLowerCase());
  if (target === undefined) throw new Error(`the app has no function named "${name}"`);
  const isHttp = Object.values(target.metadata.bindings).some((b) => /^httptrigger$/i.test(b.type));
  if (isHttp) throw new Error(`function "${name}" is called over HTTP`);
  return target;
}

interface Running {
  readonly app: LoadedApp;
  readonly http: Awaited<ReturnType<typeof listenHttp>>;
  readonly triggers: readonly Trigger[];
  readonly log: HostLog;
  readonly drainMs: number;
}

async function stopAll({
  app,
  http,
  triggers,
  log,
  drainMs,
}: Running): Promise<{ drained: boolean }> {
  for (const trigger of triggers) trigger.stop();
  const work = Promise.all([http.stop(), ...triggers.map((trigger) => trigger.drained())]);
  const drained = await within(drainMs, work);
  if (!drained)
    log("warning", "host", `work is still running after ${drainMs} ms; the host stops without it`);
  http.abort();
  const context = { hookData: {}, appHookData: app.appHookData };
  const hooks = app.runHooks("appTerminate", context).catch((error: unknown) => {
    log("error", "host", `an appTerminate hook failed: ${describeError(error)}`);
  });
  await within(TERMINATE_MS, hooks);
  app.stream?.close();
  return { drained };
}

async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
}
