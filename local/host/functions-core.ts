import Module from "node:module";

/** The module id under which `@azure/functions` asks for whatever hosts it. */
const DOOR_ID = "@azure/functions-core";

/** A hook the library may register; the worker knows no others. */
export type HookName = "appStart" | "appTerminate" | "preInvocation" | "postInvocation" | "log";
const HOOK_NAMES: readonly HookName[] = [
  "appStart",
  "appTerminate",
  "preInvocation",
  "postInvocation",
  "log",
];

export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical";
type HookCallback = (context: object) => unknown;
export type FunctionCallback = (...args: unknown[]) => unknown;

/** A value on its way between host and library, in the shape of the worker's wire format. */
export interface TypedValue {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpValue;
}

/** An HTTP request (method, url, params, body) or response (statusCode, cookies, body). */
export interface HttpValue {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: TypedValue | null;
  readonly statusCode?: string;
  readonly cookies?: readonly CookieValue[];
}

export interface CookieValue {
  readonly name?: string;
  readonly value?: string;
  readonly domain?: { readonly value?: string };
  readonly path?: { readonly value?: string };
  readonly expires?: { readonly value?: { readonly seconds?: number } };
  readonly secure?: { readonly value?: boolean };
  readonly httpOnly?: { readonly value?: boolean };
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
  readonly maxAge?: { readonly value?: number };
}

/** One binding of a function; triggers and inputs have direction `in`, outputs `out`. */
export interface Binding {
  readonly type: string;
  readonly direction: "in" | "out";
  readonly [setting: string]: unknown;
}

/** What the library tells about one function when the app registers it. */
interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** One invocation as the library wants to hear of it. `state` moves as the worker moves it. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: FunctionMetadata;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly { readonly name: string; readonly data: TypedValue }[];
    readonly triggerMetadata: Readonly<Record<string, TypedValue>>;
    readonly traceContext: {
      /** W3C Trace Context: version, trace, span, flags. */
      readonly traceParent: string;
      readonly traceState: string;
      readonly attributes: Readonly<Record<string, string>>;
    };
    readonly retryContext: { readonly retryCount: number; readonly maxRetryCount: number };
  };
  state?: "preInvocationHooks" | "postInvocationHooks" | "invocation";
  readonly log: (level: LogLevel, category: string, message: string) => void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: object, result: unknown): Promise<InvocationResponse>;
}

export interface InvocationResponse {
  readonly outputData?: readonly { readonly name: string; readonly data: TypedValue }[];
  readonly returnValue?: TypedValue | null;
}

/** The library's own half: it turns invocations into calls and results into responses. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities(offered: Record<string, string>): Promise<Record<string, string | undefined>>;
}

/** What one app registered while it was loading. */
export interface Registration {
  readonly functions: RegisteredFunction[];
  readonly hooks: Readonly<Record<HookName, HookCallback[]>>;
  readonly log: (level: LogLevel, category: string, message: string) => void;
  model: ProgrammingModel | null;
  locked: boolean;
}

// The library asks for its host once per process and keeps the answer, so the door is one per
// process too: `current` is the app that is loading or was loaded last, `lastModel` the library's
// only answer.
let current: Registration | null = null;
let lastModel: ProgrammingModel | null = null;
let installed = false;

/** Makes `require("@azure/functions-core")` answer, and starts collecting what an app registers. */
export function openDoor(log: Registration["log"]): Registration {
  if (!installed) install();
  const hooks = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  current = { functions: [], hooks, log, model: lastModel, locked: false };
  return current;
}

/**
 * The worker overrides the same method for the same id; `module.registerHooks` is too new for Node
 * 20.
 */
function install(): void {
  const realRequire: (this: Module, id: string) => unknown = Reflect.get(
    Module.prototype,
    "require",
  );
  Module.prototype.require = function (this: Module, id: string): unknown {
    return id === DOOR_ID ? core : Reflect.apply(realRequire, this, [id]);
  };
  installed = true;
}

/** The whole surface that `@azure/functions` uses of its host. */
const core = {
  version: "3.10.0",
  hostVersion: "4.0.0",
  Disposable: class {
    readonly #onDispose: () => unknown;
    constructor(onDispose: () => unknown) {
      this.#onDispose = onDispose;
    }
    dispose(): unknown {
      return this.#onDispose();
    }
  },
  log(level: LogLevel, category: string, message: string): void {
    current?.log(level, category, message);
  },
  setProgrammingModel(model: ProgrammingModel): void {
    lastModel = model;
    if (current !== null) current.model = model;
  },
  getProgrammingModel: (): ProgrammingModel | null => lastModel,
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): object {
    const { functions } = loading(`register function "${metadata.name}"`);
    if (functions.some((known) => sameName(known.metadata.name, metadata.name))) {
      throw new Error(`a function named "${metadata.name}" is already registered`);
    }
    const registered = { metadata, callback };
    functions.push(registered);
    return new core.Disposable(() => remove(functions, registered));
  },
  registerHook(name: string, callback: HookCallback): object {
    const known = HOOK_NAMES.find((hook) => hook === name);
    if (known === undefined) throw new RangeError(`the host knows no hook "${name}"`);
    const hooks = loading(`register a ${name} hook`).hooks[known];
    hooks.push(callback);
    return new core.Disposable(() => remove(hooks, callback));
  },
};

function loading(what: string): Registration {
  if (current === null || current.locked) {
    throw new Error(`too late to ${what}: the app has finished loading`);
  }
  return current;
}

/** Function names are compared without case, as the host does. */
function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function remove<T>(list: T[], entry: T): void {
  const at = list.indexOf(entry);
  if (at >= 0) list.splice(at, 1);
}
