import type { RegisteredFunction } from "./functions-core.ts";
import type { HostSettings } from "./host-settings.ts";
import { httpRouteOf } from "./http-listener.ts";
import { triggerOf } from "./invoke.ts";
import { isQueueOutput } from "./queue-output.ts";
import type { QueueLocator } from "./trigger-listeners.ts";
import { timerScheduleOf } from "./trigger-listeners.ts";

/**
 * One function as the host runs it. `route` has the prefix, as it stands after the host's address.
 */
export type HostedFunction =
  | {
      readonly name: string;
      readonly type: "http";
      readonly route: string;
      readonly methods: readonly string[];
    }
  | { readonly name: string; readonly type: "queue"; readonly queue: string }
  | { readonly name: string; readonly type: "timer"; readonly schedule: string };

/** Describes a function, or throws with a sentence for what this host cannot run. */
export function describeFunction(
  target: RegisteredFunction,
  settings: HostSettings,
  locate: QueueLocator,
): HostedFunction {
  const { name, bindings } = target.metadata;
  const trigger = triggerOf(target);
  for (const [bindingName, binding] of Object.entries(bindings)) {
    const known = bindingName === trigger.bindingName || isQueueOutput(binding);
    if (known || binding.type.toLowerCase() === "http") continue;
    throw new Error(`function "${name}": the local host has no "${binding.type}" binding`);
  }
  switch (trigger.type.toLowerCase()) {
    case "httptrigger": {
      const { template, methods } = httpRouteOf(target);
      const route = [settings.routePrefix, template].filter((part) => part !== "").join("/");
      return { name, type: "http", route: `/${route}`, methods };
    }
    case "queuetrigger": {
      const { queueName, connection } = trigger.settings;
      return { name, type: "queue", queue: locate(queueName, connection).name };
    }
    case "timertrigger":
      return { name, type: "timer", schedule: timerScheduleOf(target).text };
    default:
      throw new Error(`function "${name}": the local host has no "${trigger.type}"`);
  }
}
