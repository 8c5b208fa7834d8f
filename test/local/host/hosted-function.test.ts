import { describe, expect, it } from "vitest";
import type { Binding } from "../../../local/host/functions-core.ts";
import { readHostSettings } from "../../../local/host/host-settings.ts";
import { describeFunction } from "../../../local/host/hosted-function.ts";
import { queueLocator } from "../../../local/host/trigger-listeners.ts";

const QUEUE: Binding = { type: "queueTrigger", direction: "in", queueName: "work" };
const HTTP: Binding = { type: "httpTrigger", direction: "in" };
/** As it is on Azure with an identity: an address, and no connection string. */
const ENV = new Map([["Work__queueServiceUri", "https://contoso.example"]]);

function described(bindings: Readonly<Record<string, Binding>>): unknown {
  const reading = readHostSettings('{ "version": "2.0" }');
  if (reading.kind === "invalid") throw new Error("the settings are not right");
  const target = { metadata: { name: "f", bindings }, callback: () => undefined };
  const locate = queueLocator("UseDevelopmentStorage=true", (name) => ENV.get(name));
  return describeFunction(target, reading.settings, locate);
}

describe("a function", () => {
  it("of a queue is described with the queue's name", () => {
    expect(described({ in: QUEUE })).toEqual({ name: "f", type: "queue", queue: "work" });
  });

  it.each<[string, Record<string, Binding>, string]>([
    ["another trigger", { in: { ...HTTP, type: "eventHubTrigger" } }, 'no "eventHubTrigger"'],
    ["another input", { in: HTTP, more: { ...HTTP, type: "blob" } }, 'no "blob" binding'],
    [
      "another output",
      { in: HTTP, out: { type: "table", direction: "out" } },
      'no "table" binding',
    ],
    ["an identity", { in: { ...QUEUE, connection: "Work" } }, "setting Work is not set"],
  ])("with %s cannot be run here", (_, bindings, why) => {
    expect(() => described(bindings)).toThrow(why);
  });
});
