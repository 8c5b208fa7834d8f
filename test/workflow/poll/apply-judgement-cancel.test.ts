import { expect, it } from "vitest";
import type { Reply } from "../../../shared/ports.ts";
import { wasHeard } from "../../../shared/workflow/poll/apply-judgement.ts";

const refused = (httpStatus: number, code: string) =>
  ({ kind: "refused", httpStatus, code, detail: "" }) as const;

it.each<[string, Reply<null>, boolean]>([
  ["the action", { kind: "answered", value: null }, true],
  ["that it has ended", refused(400, "BadRequest"), true],
  ["that there is no such action", { kind: "absent", detail: "" }, true],
  ["that the token is not valid", refused(401, "Unauthorized"), false],
  ["a page with 403", refused(403, ""), false],
  ["to come later", { kind: "throttled", retryAfterMs: null }, false],
  ["nothing", { kind: "unavailable", detail: "" }, false],
])(
  "a cancel that is answered with %s is sent again if Defender did not hear it",
  (_, reply, heard) => {
    expect(wasHeard(reply)).toBe(heard);
  },
);
