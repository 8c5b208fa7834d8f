import { describe, expect, it } from "vitest";
import { elapsedMs, progressOf } from "../../local/progress.ts";
import type { SequenceAnswer } from "../../local/run-answer.ts";
import {
  aCommand,
  ACCEPTED_AT_MS,
  after,
  aSequence,
  member,
  ranFor,
  stored,
} from "./demo/a-run.ts";

const OFFLINE_AFTER_MS = 2_000;

function line(over: Partial<SequenceAnswer>, ms = 1_000): string {
  const sequence = aSequence(member("pc-0101"), over);
  const { word, detail } = progressOf(sequence, ACCEPTED_AT_MS + ms, OFFLINE_AFTER_MS);
  return `${word}: ${detail}`;
}

function waiting(code: string, over: Partial<NonNullable<SequenceAnswer["waits"]>> = {}): string {
  const waits = { code, detail: "Why.", position: null, estimatedStart: null, ...over };
  return line({ waits });
}

describe("how a waiting machine stands", () => {
  it.each([
    ["machineBusy", "busy: portal session"],
    ["offline", "parked: offline"],
    ["token", "waiting: all calls of the window are used"],
    ["session", "waiting: all sessions of the tenant are taken"],
    ["paused", "waiting: Why."],
  ])("says for %s: %s", (code, said) => {
    expect(waiting(code)).toBe(said);
  });

  it("says who is next", () => {
    expect(waiting("next", { position: 1 })).toBe("waiting: next to go");
    expect(waiting("next", { position: 2 })).toBe("waiting: goes after those in front of it");
  });

  it("knows when a busy machine is tried again", () => {
    const waits = { code: "machineBusy", detail: "", position: null, estimatedStart: after(3_000) };
    const progress = progressOf(aSequence(member("pc-0101"), { waits }), ACCEPTED_AT_MS, 0);
    expect(progress.dueAtMs).toBe(ACCEPTED_AT_MS + 3_000);
  });
});

describe("how a machine with a session stands", () => {
  const at = { state: "submitted", submittedAt: after(0) } as const;

  it("calls it offline only once it has stayed Pending too long", () => {
    const pending = { ...at, machineActionStatus: "Pending" };
    expect(line(pending, 2_000)).toBe("pending: waits for the machine to start");
    expect(line(pending, 2_001)).toBe("pending: offline, Defender keeps it Pending");
  });

  it("names the command that runs, and how many there are", () => {
    const commands = [
      aCommand(0, "PutFile", ranFor(100, 200)),
      aCommand(1, "RunScript", { startedAt: after(200) }),
      aCommand(2, "GetFile"),
    ];
    const running = { ...at, machineActionStatus: "InProgress" };
    expect(line(running)).toBe("running: the session opens");
    expect(line({ ...running, commands })).toBe("running: RunScript Collect.ps1 (2 of 3)");
    const ended = commands.map(({ index, type }) => aCommand(index, type, ranFor(100, 200)));
    expect(line({ ...running, commands: ended })).toBe("running: the session closes");
  });

  it("repeats a status it does not know", () => {
    expect(line({ ...at, machineActionStatus: "Dreaming" })).toBe(
      "running: Defender says Dreaming",
    );
  });

  it("tells a lost answer from a failure", () => {
    expect(line({ state: "unconfirmed" })).toContain("unsure: the answer was lost");
  });
});

describe("how a machine stands at the end", () => {
  const result = stored(1, "0");

  it("is done when all results are stored", () => {
    const commands = [
      aCommand(1, "RunScript", { result: { ...result, state: "owed" } }),
      aCommand(2, "GetFile", { result }),
    ];
    expect(line({ state: "succeeded", commands })).toBe("collecting: 1 of 2 results stored");
    const all = commands.map(({ index, type }) => aCommand(index, type, { result }));
    expect(line({ state: "succeeded", commands: all })).toBe("done: 2 results stored");
  });

  it("says which command failed and with what words", () => {
    const commands = [aCommand(1, "RunScript", { status: "Failed", errors: ["exit code 1"] })];
    const outcome = { code: "commandFailed", detail: "Command 2 failed." };
    expect(line({ state: "failed", outcome, commands })).toBe(
      "failed: RunScript failed: exit code 1",
    );
  });

  it("does not let a machine's words move the cursor", () => {
    const outcome = { code: "refused", detail: "no\u001b[2J\nway" };
    expect(line({ state: "refused", outcome })).toBe("refused: no way");
  });

  it("stops its clock", () => {
    const sequence = aSequence(member("pc-0101"));
    expect(elapsedMs(sequence, ACCEPTED_AT_MS + 9_000)).toBe(9_000);
    expect(elapsedMs({ ...sequence, endedAt: after(4_000) }, ACCEPTED_AT_MS + 9_000)).toBe(4_000);
  });
});
