import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RIGHTS } from "../../shared/access/caller.ts";
import { webhookText } from "../incident/webhooks.ts";
import { openStage, type Stage } from "./stage.ts";
import {
  JIRA_HEADER,
  MANAGEMENT_TOKEN,
  SERVICENOW_HEADER,
  startTicketSystems,
  type TicketSystems,
} from "./ticket-systems.ts";
import { until } from "./until.ts";

let systems: TicketSystems;
let stage: Stage;
beforeAll(async () => {
  systems = await startTicketSystems();
  stage = await openStage({ machines: MACHINES, env: settings(systems.url) });
});
afterAll(async () => {
  await stage.close();
  await systems.close();
});

/** The machines that the fixtures of ServiceNow, Jira and Sentinel speak of. */
const MACHINES = [
  ...[1, 2, 3, 5].map((number) => named("a", number)),
  ...[1, 2].map((number) => named("d", number)),
  ...[1, 2, 3].map((number) => named("e", number)),
];

function settings(url: string): Record<string, string> {
  const key = createHash("sha256").update("the key of the stories").digest("hex");
  const callbacks = [
    {
      url: `${url}/api/now/table/incident/{incidentId}`,
      shape: "servicenow",
      header: SERVICENOW_HEADER,
    },
    { url: `${url}/rest/api/2/issue/{incidentId}/comment`, shape: "jira", header: JIRA_HEADER },
  ];
  return {
    CALLERS: JSON.stringify([{ name: "soar", key: `sha256:${key}`, may: RIGHTS, callbacks }]),
    CALLBACK_HOSTS: "127.0.0.1",
    CALLBACK_ALLOW_LOOPBACK: "true",
    CALLBACK_SCHEDULE_SECONDS: "1,1",
    SENTINEL_COMMENTS: "true",
    AZURE_MANAGEMENT_URL: url,
    AZURE_MANAGEMENT_ACCESS_TOKEN: MANAGEMENT_TOKEN,
  };
}

/** An id as the fixtures have them: the number, 36 times one letter, the number. */
function named(letter: string, number: number) {
  const id = `0${number}${letter.repeat(36)}0${number}`;
  return { id, computerDnsName: `pc-${letter}${number}.contoso.example`, osPlatform: "Windows11" };
}

/**
 * Sends the fixture, and gives the notes once there are two: one at the start, one at the end. The
 * systems had nothing to refuse, and their tokens are in no log.
 */
async function notesOf(source: string, notes: () => readonly string[]): Promise<readonly string[]> {
  const { runId } = await stage.accept(source, webhookText(source));
  await stage.untilFinished(runId);
  await until(
    notes,
    ({ length }) => length >= 2,
    () => `${systems.refused.join("\n")}\n${stage.log.slice(-40).join("\n")}`,
  );
  expect(notes().map((note) => note.includes(runId))).toEqual([true, true]);
  expect(systems.refused).toEqual([]);
  const log = stage.log.join("\n");
  expect(log).toContain("calledBack");
  for (const secret of [SERVICENOW_HEADER.value, JIRA_HEADER.value, MANAGEMENT_TOKEN]) {
    expect(log).not.toContain(secret);
  }
  return notes();
}

const flat = <T>(map: ReadonlyMap<string, readonly T[]>) => [...map.values()].flat();

describe("an incident", () => {
  it("from ServiceNow gets work notes on its own record", async () => {
    const notes = await notesOf("servicenow", () => flat(systems.workNotes));
    expect(systems.workNotes.size).toBe(1);
    expect(notes.some((note) => /finished: \d+ succeeded/.test(note))).toBe(true);
  });

  it("from Jira gets comments on its own issue", async () => {
    const notes = await notesOf("jira", () => flat(systems.issueComments));
    expect(systems.issueComments.size).toBe(1);
    expect(notes.some((note) => /finished: \d+ succeeded/.test(note))).toBe(true);
  });

  it("from Sentinel gets comments through Azure's management API, as the app", async () => {
    const notes = await notesOf("sentinel", () => [...systems.incidentComments.values()]);
    expect(notes.some((note) => /head [0-9a-f]{64}/.test(note))).toBe(true);
    const [id = ""] = systems.incidentComments.keys();
    expect(id).toContain("/incidents/63883bf7-5be1-42f4-809a-0417943b837b/comments/");
  });
});
