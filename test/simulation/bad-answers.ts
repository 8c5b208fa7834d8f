import type { HttpAnswer } from "../../shared/defender/request.ts";

/**
 * Answers to a POST that are not what the page shows. The first list is answered although the
 * action was created, the second without one; `lost` is a body that broke off, `silence` no answer
 * at all.
 */
const CREATED_BUT = [
  "createdSparse",
  "createdNoComment",
  "createdHtml",
  "createdTruncated",
  "createdNoId",
  "created200",
  "created202Empty",
  "created408",
  "created500",
  "created502Html",
  "created504",
  "createdSilence",
  "createdPage403",
] as const;
const NOT_CREATED = [
  "existingForeign",
  "existingForeignSparse",
  "throttledSeconds",
  "throttledZero",
  "throttledDate",
  "throttledGarbage",
  "throttledBare",
  "busy",
  "badRequest",
  "badRequestLost",
  "unauthorized",
  "forbidden",
  "notFound",
  "redirect",
  "page403",
  "page404",
  "page407",
  "page200",
  "empty400",
  "otherShape200",
  "otherShape404",
  "otherCode400",
  "failed500",
  "failed503",
  "failedSilence",
] as const;
export const BAD_ANSWERS = [...CREATED_BUT, ...NOT_CREATED] as const;
export type BadAnswer = (typeof BAD_ANSWERS)[number];

const NAMES: ReadonlySet<string> = new Set(BAD_ANSWERS);
const CREATES: ReadonlySet<string> = new Set(CREATED_BUT);

export function isBadAnswer(kind: string): kind is BadAnswer {
  return NAMES.has(kind);
}

/** True if the action is created before the bad answer leaves. */
export function creates(kind: BadAnswer): boolean {
  return CREATES.has(kind);
}

/** What proxies and gateways answer in the place of Defender. */
const PAGE = "<!DOCTYPE html><html><body><h1>Access denied</h1></body></html>";

/** Its own copy of the codes by which Defender refuses one sequence for good. */
const VERDICTS: ReadonlySet<string> = new Set([
  "BadRequest",
  "InvalidInput",
  "InvalidRequestBody",
  "MissingRequiredParameter",
  "OsPlatformNotSupported",
  "ClientVersionNotSupported",
  "DisallowedOperation",
  "NotFound",
  "ResourceNotFound",
]);

/** True if Defender itself refuses the sequence: in its own form, with such a code. */
export function isVerdict(heard: Heard): boolean {
  if (heard === "silence" || heard.status < 400 || heard.status >= 500) return false;
  const code = /^\{"error":\{"code":"(\w+)"/.exec(heard.text ?? "")?.[1] ?? "";
  return VERDICTS.has(code);
}

/** An action as an answer speaks of it. */
export interface Spoken {
  readonly id: string;
  readonly comment: string | null;
  readonly machineId: string;
}

export type Heard = HttpAnswer | "silence";

/**
 * The answer; `action` is the one created, or one that was there before, or null if there is none
 * to speak of.
 */
export function badAnswer(kind: BadAnswer, action: Spoken | null, nowMs: number): Heard {
  const id = action?.id ?? "0";
  const body = { id, type: "LiveResponse", requestorComment: action?.comment ?? null };
  switch (kind) {
    case "created200":
      return json(200, body);
    case "createdSparse":
    case "existingForeignSparse":
      return json(201, { id, machineId: null, commands: [] });
    case "existingForeign":
      return json(201, body);
    case "createdNoComment":
      return json(201, { id, type: "LiveResponse", machineId: action?.machineId });
    case "createdHtml":
    case "created502Html":
      return answer(kind === "createdHtml" ? 201 : 502, "<html><body>Gateway</body></html>");
    case "createdTruncated":
      return answer(201, null);
    case "createdNoId":
      return json(201, { requestorComment: body.requestorComment });
    case "created202Empty":
      return answer(202, "");
    case "created408":
      return refusal(408, "Timeout");
    case "created500":
    case "failed500":
      return refusal(500, "InternalServerError");
    case "created504":
      return answer(504, null);
    case "createdSilence":
    case "failedSilence":
      return "silence";
    case "throttledSeconds":
      return refusal(429, "TooManyRequests", "23");
    case "throttledZero":
      return refusal(429, "TooManyRequests", "0");
    case "throttledDate":
      return refusal(429, "TooManyRequests", new Date(nowMs + 40_000).toUTCString());
    case "throttledGarbage":
      return refusal(429, "TooManyRequests", "soon");
    case "throttledBare":
      return refusal(429, "TooManyRequests");
    case "busy":
      return refusal(400, "ActiveRequestAlreadyExists");
    case "badRequest":
      return refusal(400, "InvalidRequestBody");
    case "badRequestLost":
      return answer(400, null);
    case "unauthorized":
      return refusal(401, "Unauthorized");
    case "forbidden":
      return refusal(403, "Forbidden");
    case "notFound":
      return refusal(404, "ResourceNotFound");
    case "redirect":
      return answer(302, "");
    case "page403":
    case "createdPage403":
      return answer(403, PAGE);
    case "page404":
      return answer(404, PAGE);
    case "page407":
      return answer(407, PAGE);
    case "page200":
      return answer(200, PAGE);
    case "empty400":
      return answer(400, "");
    case "otherShape200":
      return json(200, { id: "welcome", message: "Sign in to go on" });
    case "otherShape404":
      return json(404, { statusCode: 404, code: "NotFound", message: "no route" });
    case "otherCode400":
      return refusal(400, "GatewayPolicy");
    case "failed503":
      return refusal(503, "ServiceUnavailable");
  }
}

/** An answer with a JSON body. */
export function json(status: number, body: object): HttpAnswer {
  return answer(status, JSON.stringify(body));
}

/** An error of Defender's, in its documented form. */
export function refusal(
  status: number,
  code: string,
  retryAfter: string | null = null,
): HttpAnswer {
  return answer(status, JSON.stringify({ error: { code, message: code } }), retryAfter);
}

function answer(status: number, text: string | null, retryAfter: string | null = null): HttpAnswer {
  const get = (name: string) => (name.toLowerCase() === "retry-after" ? retryAfter : null);
  return { status, headers: { get }, text };
}
