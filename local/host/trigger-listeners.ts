import type { QueueServiceClient } from "@azure/storage-queue";
import type { LoadedApp } from "./app-loader.ts";
import type { RegisteredFunction } from "./functions-core.ts";
import type { HostSettings } from "./host-settings.ts";
import type { HostLog, Invoke } from "./invoke.ts";
import { describeError, triggerOf } from "./invoke.ts";
import type { Schedule } from "./ncrontab.ts";
import { readSchedule } from "./ncrontab.ts";
import { listenQueue } from "./queue-listener.ts";
import { openQueues, poisonQueueOf } from "./queue-storage.ts";
import type { SettingLookup } from "./setting-expression.ts";
import { resolveSettings } from "./setting-expression.ts";
import { listenTimer } from "./timer-listener.ts";
import { openTimerStore } from "./timer-status.ts";

/** A listener of a queue or a timer. */
export interface Trigger {
  /** A message was put on that queue of that account in this process. */
  wake(account: string, queue: string): void;
  stop(): void;
  drained(): Promise<void>;
}

/** Finds the account and real name of a queue from a binding's `queueName` and `connection`. */
export type QueueLocator = (
  queueName: unknown,
  connection: unknown,
) => { readonly queues: QueueServiceClient; readonly name: string };

/**
 * A locator over one host storage and the app's settings. It throws for a missing name or setting.
 */
export function queueLocator(storage: string, lookup: SettingLookup): QueueLocator {
  const accounts = new Map<unknown, QueueServiceClient>();
  return (queueName, connection) => {
    if (typeof queueName !== "string") throw new Error("a queue binding has no queueName");
    const queues = accounts.get(connection) ?? openQueues(connection, storage, lookup);
    accounts.set(connection, queues);
    return { queues, name: resolveSettings(queueName, lookup) };
  };
}

/**
 * The schedule of a timer function, settings filled in. Throws with a sentence when it cannot be
 * read.
 */
export function timerScheduleOf(target: RegisteredFunction): {
  readonly text: string;
  readonly schedule: Schedule;
} {
  const { schedule } = triggerOf(target).settings;
  const text = resolveSettings(String(schedule), (name) => process.env[name]);
  const reading = readSchedule(text);
  if (reading.kind === "invalid") {
    throw new Error(`function "${target.metadata.name}": ${reading.problem}`);
  }
  return { text, schedule: reading.schedule };
}

export interface TriggerParts {
  readonly app: LoadedApp;
  readonly settings: HostSettings;
  readonly locate: QueueLocator;
  readonly invoke: Invoke;
  readonly log: HostLog;
  readonly stateDir: string | null;
}

/** Starts a listener for every queue and timer function of the app. */
export function listenTriggers(parts: TriggerParts): Trigger[] {
  const store = openTimerStore(parts.stateDir);
  return parts.app.functions.flatMap((target) => {
    switch (triggerOf(target).type.toLowerCase()) {
      case "queuetrigger":
        return [queueTrigger(parts, target)];
      case "timertrigger":
        return [timerTrigger(parts, target, store)];
      default:
        return [];
    }
  });
}

function queueTrigger(parts: TriggerParts, target: RegisteredFunction): Trigger {
  const { queueName, connection, dataType } = triggerOf(target).settings;
  const { queues, name } = parts.locate(queueName, connection);
  const poison = poisonQueueOf(name);
  const listener = listenQueue(
    {
      name: target.metadata.name,
      queue: queues.getQueueClient(name),
      poison: poison === null ? null : queues.getQueueClient(poison),
      settings: parts.settings.queues,
      binary: dataType === "binary",
      run: (input) => parts.invoke(target, input),
      log: parts.log,
    },
    Math.random,
  );
  return {
    ...listener,
    wake(account, queue) {
      if (account === queues.accountName && queue === name) listener.wake();
    },
  };
}

function timerTrigger(
  parts: TriggerParts,
  target: RegisteredFunction,
  store: ReturnType<typeof openTimerStore>,
): Trigger {
  const { runOnStartup, useMonitor } = triggerOf(target).settings;
  const { text, schedule } = timerScheduleOf(target);
  const { name } = target.metadata;
  const listener = listenTimer({
    name,
    scheduleText: text,
    schedule,
    runOnStartup: runOnStartup === true,
    useMonitor: useMonitor !== false,
    store,
    run: (input) => parts.invoke(target, input),
    report: (error) => parts.log("error", name, `timer not recorded: ${describeError(error)}`),
    nowMs: Date.now,
  });
  return { ...listener, wake: () => undefined };
}
