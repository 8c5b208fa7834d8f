import type { QueueServiceClient } from "@azure/storage-queue";
import type {
  Binding,
  InvocationResponse,
  RegisteredFunction,
  TypedValue,
} from "./functions-core.ts";
import type { QueueSettings } from "./host-settings.ts";
import type { HostLog, Invoke } from "./invoke.ts";
import { describeError } from "./invoke.ts";
import { encodeMessage } from "./queue-message.ts";

/**
 * What output bindings need: the account and queue of a binding, and somebody to tell of new
 * messages.
 */
export interface OutputParts {
  readonly encoding: QueueSettings["messageEncoding"];
  readonly locate: (binding: Binding) => {
    readonly queues: QueueServiceClient;
    readonly name: string;
  };
  readonly log: HostLog;
  readonly sent: (queues: QueueServiceClient, name: string) => void;
}

/** The library's name for the binding that takes the return value. */
const RETURN = "$return";

/**
 * An invoker that also writes queue outputs, after the handler and before the trigger's message is
 * deleted; an output that cannot be written fails the invocation. An array is one message for each
 * element.
 */
export function withQueueOutputs(invoke: Invoke, parts: OutputParts): Invoke {
  return async (target, input) => {
    const outcome = await invoke(target, input);
    if (outcome.kind === "failed") return outcome;
    try {
      for (const [binding, value] of outputsOf(target, outcome.response)) {
        await send(parts, binding, value);
      }
      return outcome;
    } catch (error) {
      parts.log("error", target.metadata.name, `output not written: ${describeError(error)}`);
      return { kind: "failed", error };
    }
  };
}

function outputsOf(
  target: RegisteredFunction,
  response: InvocationResponse,
): [Binding, TypedValue][] {
  const values = [...(response.outputData ?? [])];
  if (response.returnValue) values.push({ name: RETURN, data: response.returnValue });
  return values.flatMap(({ name, data }): [Binding, TypedValue][] => {
    const binding = target.metadata.bindings[name];
    return binding !== undefined && isQueueOutput(binding) ? [[binding, data]] : [];
  });
}

/** Whether a binding writes to a storage queue. */
export function isQueueOutput(binding: Binding): boolean {
  return binding.direction === "out" && binding.type.toLowerCase() === "queue";
}

async function send(parts: OutputParts, binding: Binding, value: TypedValue): Promise<void> {
  const { queues, name } = parts.locate(binding);
  const queue = queues.getQueueClient(name);
  await queue.createIfNotExists();
  for (const body of bodiesOf(value)) await queue.sendMessage(encodeMessage(body, parts.encoding));
  parts.sent(queues, name);
}

function bodiesOf(value: TypedValue): Uint8Array[] {
  if (value.bytes !== undefined) return [value.bytes];
  if (value.json === undefined) {
    return [Buffer.from(value.string ?? String(value.int ?? value.double ?? ""))];
  }
  const parsed: unknown = JSON.parse(value.json);
  const entries: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return entries.map((entry) =>
    Buffer.from(typeof entry === "string" ? entry : JSON.stringify(entry)),
  );
}
