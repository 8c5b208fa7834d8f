import { randomBytes, randomUUID } from "node:crypto";
import type { LoadedApp } from "./app-loader.ts";
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationModel,
  InvocationResponse,
  LogLevel,
  RegisteredFunction,
  TypedValue,
} from "./functions-core.ts";

/** What a trigger brings: the trigger's own value, and what it knows about it. */
export interface TriggerInput {
  readonly data: TypedValue;
  readonly triggerMetadata: Readonly<Record<string, TypedValue>>;
  /** Given when somebody outside must know the id; else a new one. */
  readonly invocationId?: string;
}

export type InvocationOutcome =
  /**
   * `result` is what the handler (or a hook after it) returned, `response` what the library made of
   * it.
   */
  | {
      readonly kind: "succeeded";
      readonly result: unknown;
      readonly response: InvocationResponse;
    }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Runs one function once. Never throws: what the handler or a hook throws is the outcome `failed`,
 * and logged.
 */
export type Invoke = (
  target: RegisteredFunction,
  input: TriggerInput,
) => Promise<InvocationOutcome>;

/** One line of the host's log. */
export type HostLog = (level: LogLevel, source: string, message: string) => void;

/**
 * Makes the invoker of an app. All conversions are the library's; hooks may replace inputs,
 * callback, result and error as in the worker. After `timeoutMs` (null: never) an invocation is
 * reported and left running, where Azure would end the whole worker process.
 */
export function createInvoker(app: LoadedApp, timeoutMs: number | null, log: HostLog): Invoke {
  return async (target, input) => {
    const { name } = target.metadata;
    const timer = timeoutMs === null ? null : setTimeout(reportTimeout, timeoutMs);
    timer?.unref();
    function reportTimeout(): void {
      const limit = `functionTimeout (${(timeoutMs ?? 0) / 1000} s)`;
      log("error", name, `runs longer than ${limit}; Azure would end the process here`);
    }
    try {
      return { kind: "succeeded", ...(await invokeOnce(app, target, input, log)) };
    } catch (error) {
      log("error", name, `failed: ${describeError(error)}`);
      return { kind: "failed", error };
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  };
}

/** The stack of an error, or whatever text something else has. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function invokeOnce(
  app: LoadedApp,
  target: RegisteredFunction,
  input: TriggerInput,
  log: HostLog,
): Promise<{ readonly result: unknown; readonly response: InvocationResponse }> {
  const hookData = {};
  let invocationContext: object | null = null;
  const core = coreContext(target, input, (level, category, message) => {
    const context = { hookData, appHookData: app.appHookData, level, message, category };
    const entry = invocationContext === null ? context : { ...context, invocationContext };
    void app.runHooks("log", entry).catch((error: unknown) => {
      log("error", target.metadata.name, `a log hook failed: ${describeError(error)}`);
    });
    log(entry.level, target.metadata.name, entry.message);
  });
  const model = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  invocationContext = context;
  const shared = { hookData, appHookData: app.appHookData, invocationContext };
  const call = { shared, functionCallback: target.callback, inputs };
  const result = await runWithHooks(app, model, core, call);
  return { result, response: await model.getResponse(context, result) };
}

interface HookContext {
  readonly hookData: object;
  readonly appHookData: object;
  readonly invocationContext: object;
}

/** A call as it was registered and triggered: a hook may replace its callback and inputs. */
interface HookedCall {
  /** What every hook of this call sees. */
  readonly shared: HookContext;
  readonly functionCallback: FunctionCallback;
  readonly inputs: unknown[];
}

async function runWithHooks(
  app: LoadedApp,
  model: InvocationModel,
  core: CoreInvocationContext,
  { shared, functionCallback, inputs }: HookedCall,
): Promise<unknown> {
  const before = { ...shared, functionCallback, inputs };
  core.state = "preInvocationHooks";
  await app.runHooks("preInvocation", before);
  core.state = "invocation";
  const after: HookContext & { inputs: unknown[]; result?: unknown; error?: unknown } = {
    ...shared,
    inputs: before.inputs,
  };
  try {
    after.result = await model.invokeFunction(
      shared.invocationContext,
      before.inputs,
      before.functionCallback,
    );
  } catch (error) {
    after.error = error ?? new Error(`the function threw ${String(error)}`);
  }
  core.state = "postInvocationHooks";
  await app.runHooks("postInvocation", after);
  // A hook says "no error" with null or undefined; anything else is thrown, whatever its type.
  if (after.error !== null && after.error !== undefined) throw after.error;
  return after.result;
}

function coreContext(
  target: RegisteredFunction,
  input: TriggerInput,
  log: CoreInvocationContext["log"],
): CoreInvocationContext {
  const { metadata } = target;
  const invocationId = input.invocationId ?? randomUUID();
  const trigger = triggerOf(target);
  return {
    invocationId,
    metadata,
    log,
    request: {
      invocationId,
      functionId: metadata.name,
      inputData: [{ name: trigger.bindingName, data: input.data }],
      triggerMetadata: input.triggerMetadata,
      traceContext: newTrace(),
      // Retry policies do not run here, so every try is the first.
      retryContext: { retryCount: 0, maxRetryCount: 0 },
    },
  };
}

/** Each invocation is the root of a trace, which nobody records. */
function newTrace(): CoreInvocationContext["request"]["traceContext"] {
  const [trace, span] = [randomBytes(16), randomBytes(8)].map((bytes) => bytes.toString("hex"));
  return { traceParent: `00-${trace}-${span}-00`, traceState: "", attributes: {} };
}

/**
 * The trigger binding of a function and the name it goes by. Throws if there is none: the library
 * adds it.
 */
export function triggerOf(target: RegisteredFunction): {
  readonly bindingName: string;
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
} {
  for (const [bindingName, binding] of Object.entries(target.metadata.bindings)) {
    if (binding.direction === "in" && /trigger$/i.test(binding.type)) {
      return { bindingName, type: binding.type, settings: binding };
    }
  }
  throw new Error(`function "${target.metadata.name}" has no trigger`);
}
