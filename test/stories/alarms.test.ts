import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { takeAccount } from "../azurite-account.ts";
import { startReceiver, type Receiver } from "../receiver.ts";
import { ALARMS, alarmLog, type AlarmLog } from "./alarm-log.ts";
import { addRow, changeEvidence, reconcile, sendNonsense } from "./alarm-troubles.ts";
import { incident, machineId, machines } from "./machines.ts";
import { NOWHERE } from "./nowhere.ts";
import { hashed } from "./signing.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

/*
 * Each alarm is raised by its trouble, and not before: the queries as they are deployed, over the
 * lines that the app really wrote. A second of this stack is a minute of Azure.
 */

const SPEED = 60;
const MASTER_KEY = "the master key of the stories";
/** The approval expires after 45 minutes, and the alarm comes when less than 30 are left. */
const APPROVAL_MINUTES = 45 / SPEED;
const UNTIL_APPROVAL_MS = 14_000;
/** Urgent work may wait for ten minutes, and the door be closed for fifteen. */
const UNTIL_URGENT_MS = 9_000;
const UNTIL_DOOR_MS = 14_000;

const SETTINGS = {
  LRQ_MASTER_KEY: MASTER_KEY,
  CALLERS: JSON.stringify([
    {
      name: "soar",
      key: hashed("the key of the stories"),
      may: RIGHTS,
      all: true,
      callbackSecret: `whsec_${Buffer.alloc(32, 3).toString("base64")}`,
    },
  ]),
  SCOPE: JSON.stringify({ tier0: [{ ids: [machineId(3)] }] }),
  APPROVAL_MINUTES: String(APPROVAL_MINUTES),
  CALLBACK_HOSTS: "127.0.0.1",
  CALLBACK_ALLOW_LOOPBACK: "true",
  CALLBACK_SCHEDULE_SECONDS: "1",
};

/** Returns once each of these was raised; in vain throws with the end of the log. */
async function untilRaised({ log }: Stage, alarms: AlarmLog, names: Iterable<string>) {
  const wanted = [...names];
  await until(
    () => wanted.filter((name) => alarms.raisedAt(name).length === 0),
    (missing) => missing.length === 0,
    (missing) => `not raised: ${missing.join(", ")}\n${log.slice(-60).join("\n")}`,
  );
}

/** Makes one trouble after the other; says when each was made, or begins to be one. */
async function makeTroubles(
  stage: Stage,
  receiver: Receiver,
  alarms: AlarmLog,
): Promise<ReadonlyMap<string, number>> {
  const made = new Map<string, number>();
  const making = (name: string, laterMs = 0) => void made.set(name, Date.now() + laterMs);
  const { runId } = await stage.accept(
    "generic",
    incident("well", [1, 2], told(receiver, "/well")),
  );
  const { sequences } = await stage.untilFinished(runId);

  making("rows-set-aside");
  await addRow(stage, "notice!0000000000001!odd", { v: 99 });
  making("poison");
  await sendNonsense(stage);
  making("custody-trouble");
  await changeEvidence(stage);
  await stage.call("GET", `runs/${runId}/evidence/${sequences[0]?.sequenceId ?? ""}/1`);
  making("budget-rebuilt");
  const lease = { v: 1, sequenceId: "nobody.nothing", waiters: false };
  await addRow(stage, `machine!${"f".repeat(40)}`, lease);
  await reconcile(stage, MASTER_KEY);
  making("callbacks-dead");
  making("approvals-expire", UNTIL_APPROVAL_MS);
  await stage.accept("generic", incident("tier 0", [3], told(receiver, "/dead")));

  making("door-closed", UNTIL_DOOR_MS);
  const reopen = stage.simulator.addFault({ on: "submit", fault: "429" });
  making("urgent-waits", UNTIL_URGENT_MS);
  const shutOut = { id: "shut out", title: "Shut out", severity: "critical" };
  await stage.accept("generic", incident("shut out", [4], { incident: shutOut }));
  await untilRaised(stage, alarms, ["door-closed", "urgent-waits"]);
  reopen();
  making("locked-out");
  stage.simulator.addFault({ on: "list", fault: "403" });
  await untilRaised(stage, alarms, made.keys());
  return made;
}

const told = ({ url }: Receiver, path: string) => ({ callback: { url: `${url}${path}` } });

describe.concurrent("an app with one trouble after the other", () => {
  let stage: Stage;
  let receiver: Receiver;
  let alarms: AlarmLog;
  let made: ReadonlyMap<string, number>;
  beforeAll(async () => {
    receiver = await startReceiver(({ path }) => (path === "/dead" ? 500 : 204));
    stage = await openStage({ machines: machines(4), speed: SPEED, env: SETTINGS });
    alarms = alarmLog(stage.log, SPEED);
    made = await makeTroubles(stage, receiver, alarms);
    await stage.host.stop();
  });
  afterAll(async () => {
    await stage.close();
    await receiver.close();
  });

  it.each(ALARMS.filter((name) => !["no-poll", "storage-out-of-reach"].includes(name)))(
    "raises %s then, and not before",
    (name) => {
      const times = alarms.raisedAt(name);
      expect(times).not.toEqual([]);
      expect(Math.min(...times)).toBeGreaterThanOrEqual(made.get(name) ?? Infinity);
    },
  );

  it("raises no-poll five minutes after it has polled last", () => {
    expect(alarms.isRaised("no-poll", 4, "polled")).toBe(false);
    expect(alarms.isRaised("no-poll", 6, "polled")).toBe(true);
  });

  it("raises nothing about storage, which was always there", () => {
    expect(alarms.raisedAt("storage-out-of-reach")).toEqual([]);
  });
});

describe.concurrent.each([
  { how: "does not answer", account: () => NOWHERE, code: "ECONNREFUSED" },
  { how: "refuses the app", account: refusing, code: "AuthorizationFailure" },
])("an app whose storage $how", ({ account, code }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ storage: account() });
  });
  afterAll(async () => await stage.close());

  it("raises storage-out-of-reach at the third time, and no-poll, and nothing else", async () => {
    const alarms = alarmLog(stage.log, SPEED);
    await untilRaised(stage, alarms, ["storage-out-of-reach", "no-poll"]);
    const said = stage.log.filter((line) => line.includes('"event":"storageOutOfReach"'));
    const [, , third = ""] = said;
    expect(third).toContain(`"code":"${code}"`);
    const [first = 0] = alarms.raisedAt("storage-out-of-reach");
    expect(first).toBeGreaterThanOrEqual(Date.parse(third.slice(0, third.indexOf(" "))));
    const raised = ALARMS.filter((name) => alarms.raisedAt(name).length > 0);
    expect(raised.toSorted()).toEqual(["no-poll", "storage-out-of-reach"]);
  });
});

/** An account that is there, with the key of another one. */
function refusing(): string {
  return takeAccount().replace(/AccountKey=[^;]*/, "AccountKey=bm90IGl0cyBrZXk=");
}
