import { describe, expect, it } from "vitest";
import { lockedOut, type SubmissionAnswer } from "../../../shared/ledger/sequence/submission.ts";

const refused = (httpStatus: number, code: string) =>
  ({ kind: "refused", httpStatus, code, detail: `${httpStatus} ${code}` }) as const;

describe("the answer to a POST", () => {
  it.each<[SubmissionAnswer, string]>([
    [{ kind: "unauthorized", detail: "no token" }, "no token"],
    [refused(403, "Forbidden"), "403 Forbidden"],
    [refused(403, "DisabledFeature"), "403 DisabledFeature"],
    [refused(401, "Unauthorized"), "401 Unauthorized"],
  ])("%j speaks of the app, so no machine can be reached", (answer, why) => {
    expect(lockedOut(answer)).toBe(why);
  });

  it.each<SubmissionAnswer>([
    refused(404, "ResourceNotFound"),
    refused(400, "InvalidInput"),
    { kind: "accepted", actionId: "action-1", comment: null },
    { kind: "throttled", retryAfterMs: null },
    { kind: "machineBusy" },
    { kind: "unknown", detail: "timeout" },
    { kind: "notSent", detail: "too late" },
  ])("%j speaks of one machine or one call only", (answer) => {
    expect(lockedOut(answer)).toBeNull();
  });
});
