import type { QueueClient } from "@azure/storage-queue";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import type { Azurite } from "../../../local/azurite.ts";
import { startAzurite } from "../../../local/azurite.ts";
import type { Host } from "../../../local/host/host.ts";
import { startHost } from "../../../local/host/host.ts";

const Received = z.array(
  z.object({ message: z.unknown(), metadata: z.record(z.string(), z.unknown()) }),
);
/** By the host.json of the fixture; on a busy machine any message may take so long. */
const LATE = "error work runs longer than functionTimeout (0.2 s)";
const AtOnce = z.object({ most: z.number() });

let azurite: Azurite;
let queues: QueueServiceClient;
let queue: QueueClient;
let poison: QueueClient;
let host: Host;
let lines: string[];
let tests = 0;

beforeAll(async () => {
  azurite = await startAzurite({ dir: null });
  queues = QueueServiceClient.fromConnectionString(azurite.connectionString());
});
afterAll(async () => {
  await azurite.stop();
});

beforeEach(async () => {
  tests += 1;
  process.env["QUEUE_NAME"] = `work-${tests}`;
  queue = queues.getQueueClient(`work-${tests}`);
  poison = queues.getQueueClient(`work-${tests}-poison`);
  await queue.create();
  handle(null);
  lines = [];
  host = await restart();
});
afterEach(async () => {
  await host.stop();
});

/** What the fixture does with a message beside recording it. */
function handle(work: ((message: unknown) => Promise<void> | void) | null): void {
  Reflect.set(globalThis, "handleWork", work);
}
function received(): z.infer<typeof Received> {
  return Received.parse(Reflect.get(globalThis, "received"));
}
const base64 = (text: string): string => Buffer.from(text).toString("base64");
async function isEmpty(client: QueueClient): Promise<boolean> {
  return (await client.getProperties()).approximateMessagesCount === 0;
}

describe("a queue function", () => {
  it("gets a message once, with what the queue tells of it, and the message is deleted", async () => {
    const sent = await queue.sendMessage(base64("plain text"));
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(received()).toHaveLength(1);
    const [{ message, metadata } = { message: null, metadata: {} }] = received();
    expect(message).toBe("plain text");
    expect(metadata).toMatchObject({
      queueTrigger: "plain text",
      id: sent.messageId,
      dequeueCount: 1,
      insertionTime: sent.insertedOn.toISOString().replace(".000Z", "+00:00"),
    });
  });

  it("gets parsed JSON, whose top-level properties overwrite the metadata as on Azure", async () => {
    const body = { id: "mine", DEQUEUECOUNT: "99", nested: { a: 1 }, list: [1], sys: "x" };
    await queue.sendMessage(base64(JSON.stringify(body)));
    await expect.poll(() => received().length).toBe(1);
    const [{ message, metadata } = { message: null, metadata: {} }] = received();
    expect(message).toEqual(body);
    expect(metadata).toMatchObject({ id: "mine", dequeueCount: 99, nested: { a: 1 } });
    expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining(["list"]));
    expect(Object.keys(metadata)).not.toEqual(expect.arrayContaining(["sys"]));
  });

  it("sees a failing message as often as allowed, then finds it in the poison queue", async () => {
    handle(() => {
      throw new Error("always");
    });
    await queue.sendMessage(base64("bad"));
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(received().map(({ metadata }) => metadata["dequeueCount"])).toEqual([1, 2, 3]);
    const { peekedMessageItems } = await poison.peekMessages();
    expect(peekedMessageItems.map((item) => item.messageText)).toEqual([base64("bad")]);
    const said = `Message has reached MaxDequeueCount of 3. Moving message to queue '${poison.name}'.`;
    expect(lines.filter((line) => line.endsWith(` ${said}`))).toHaveLength(1);
  });

  it("never sees a message that is not base64: it is poison as it stands", async () => {
    await queue.sendMessage("not base64!");
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(received()).toEqual([]);
    const { peekedMessageItems } = await poison.peekMessages();
    expect(peekedMessageItems.map((item) => item.messageText)).toEqual(["not base64!"]);
  });

  it("never sees a message that is not UTF-8: after its last try it is poison", async () => {
    const notText = Buffer.from([0x7b, 0xff, 0x7d]).toString("base64");
    await queue.sendMessage(notText);
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(received()).toEqual([]);
    const { peekedMessageItems } = await poison.peekMessages();
    expect(peekedMessageItems.map((item) => item.messageText)).toEqual([notText]);
    expect(lines.filter((line) => line.endsWith(" is not UTF-8 text"))).toHaveLength(3);
  });

  it("never sees a message that was received too often already", async () => {
    await host.stop();
    await queue.sendMessage(base64("worn"));
    for (let times = 0; times < 3; times += 1) {
      const { receivedMessageItems } = await queue.receiveMessages();
      for (const item of receivedMessageItems) {
        await queue.updateMessage(item.messageId, item.popReceipt, undefined, 0);
      }
    }
    host = await restart();
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(received()).toEqual([]);
    expect(await isEmpty(poison)).toBe(false);
  });

  it("may delete its own message", async () => {
    handle(async () => {
      const metadata = received()[0]?.metadata;
      await queue.deleteMessage(String(metadata?.["id"]), String(metadata?.["popReceipt"]));
    });
    await queue.sendMessage(base64("mine to delete"));
    await expect.poll(() => received().length).toBe(1);
    await host.stop();
    const errors = lines.filter((line) => line.includes(" error ") && !line.includes(LATE));
    expect(errors).toEqual([]);
  });

  it("runs at most batchSize + newBatchThreshold messages at once, and all of them in the end", async () => {
    handle(() => new Promise((resolve) => setTimeout(resolve, 20)));
    for (let number = 0; number < 12; number += 1) await queue.sendMessage(base64(`m${number}`));
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(new Set(received().map(({ message }) => message)).size).toBe(12);
    expect(AtOnce.parse(Reflect.get(globalThis, "atOnce")).most).toBeLessThanOrEqual(3);
  });
});

describe("stopping", () => {
  it("lets the message in work end, and deletes it", async () => {
    const work = new EventEmitter();
    handle(async () => {
      await once(work, "release");
    });
    await queue.sendMessage(base64("in work"));
    await expect.poll(() => received().length).toBe(1);
    const stopped = host.stop();
    work.emit("release");
    expect(await stopped).toEqual({ drained: true });
    expect(await isEmpty(queue)).toBe(true);
  });

  it("does not wait beyond its bound, and says so", async () => {
    await host.stop();
    host = await restart(50);
    handle(() => new Promise(() => undefined));
    await queue.sendMessage(base64("stuck"));
    await expect.poll(() => received().length).toBe(1);
    expect(await host.stop()).toEqual({ drained: false });
    expect(await isEmpty(queue)).toBe(false);
  });
});

describe("an invocation that lasts longer than functionTimeout", () => {
  it("is reported and goes on", async () => {
    const work = new EventEmitter();
    handle(async () => {
      await once(work, "release");
    });
    await queue.sendMessage(base64("long"));
    await expect.poll(() => lines.filter((line) => line.includes(LATE))).toHaveLength(1);
    work.emit("release");
    await expect.poll(() => isEmpty(queue)).toBe(true);
    expect(lines.filter((line) => line.includes(LATE))).toHaveLength(1);
  });
});

describe("a queue output", () => {
  it("puts one message for each element on the queue", async () => {
    const body = JSON.stringify([{ n: 1 }, "two"]);
    await fetch(`${host.url}/api/enqueue`, { method: "POST", body });
    await expect.poll(() => received().length).toBe(2);
    expect(new Set(received().map(({ message }) => JSON.stringify(message)))).toEqual(
      new Set(['{"n":1}', '"two"']),
    );
  });
});

describe("running a function by hand", () => {
  it("is possible over HTTP, in JSON only", async () => {
    expect((await runByHand("text/plain")).status).toBe(415);
    expect((await runByHand("application/json")).status).toBe(202);
    await expect.poll(() => received().map(({ message }) => message)).toEqual(["by hand"]);
  });

  it("is possible in the process, and tells the outcome", async () => {
    expect(await host.invoke("work", { a: 1 })).toMatchObject({ kind: "succeeded" });
    handle(() => {
      throw new Error("no");
    });
    expect(await host.invoke("work", "x")).toMatchObject({ kind: "failed" });
    await expect(host.invoke("enqueue")).rejects.toThrow("is called over HTTP");
    await expect(host.invoke("nobody")).rejects.toThrow('no function named "nobody"');
  });
});

describe("the name of a queue", () => {
  it("comes from a setting, and without the setting the host does not start", async () => {
    expect(host.functions).toContainEqual({ name: "work", type: "queue", queue: queue.name });
    delete process.env["QUEUE_NAME"];
    await expect(restart()).rejects.toThrow('"%QUEUE_NAME%" needs the setting QUEUE_NAME');
  });
});

/** It waits without end for what is in work, unless a bound is given. */
function restart(drainMs = 2 ** 31 - 1): Promise<Host> {
  // What a host of an earlier test still says is not heard in a later one.
  const own = lines;
  return startHost({
    root: join(import.meta.dirname, "fixtures/queue-app"),
    port: 0,
    storage: azurite.connectionString(),
    stateDir: null,
    log: (line) => own.push(line),
    drainMs,
    masterKey: "open-all",
  });
}

function runByHand(contentType: string): Promise<Response> {
  return fetch(`${host.url}/admin/functions/WORK`, {
    method: "POST",
    body: JSON.stringify({ input: "by hand" }),
    headers: { "content-type": contentType, "x-functions-key": "open-all" },
  });
}
