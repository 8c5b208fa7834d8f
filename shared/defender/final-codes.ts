/**
 * A final error code of Defender: nothing began, and nothing will. `concerns` says what it is
 * about.
 */
interface FinalCode {
  readonly httpStatus: 400 | 401 | 403 | 404;
  /**
   * `sequence`: Defender would refuse it again, so it ends. `app`: Defender would refuse any other,
   * too, so all wait.
   */
  readonly concerns: "sequence" | "app";
  readonly source: string;
}

const ERRORS_PAGE = "Common REST API error codes";

/**
 * Defender's own refusals of a POST of a sequence. docs/api.md shows the same table. After any
 * other 4xx it is not known whether the POST arrived, because a gateway may have sent the answer.
 */
export const FINAL_CODES: Readonly<Record<string, FinalCode>> = {
  BadRequest: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  InvalidInput: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  InvalidRequestBody: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  MissingRequiredParameter: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  OsPlatformNotSupported: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  ClientVersionNotSupported: { httpStatus: 400, concerns: "sequence", source: ERRORS_PAGE },
  DisallowedOperation: { httpStatus: 403, concerns: "sequence", source: ERRORS_PAGE },
  NotFound: { httpStatus: 404, concerns: "sequence", source: ERRORS_PAGE },
  ResourceNotFound: { httpStatus: 404, concerns: "sequence", source: ERRORS_PAGE },
  Unauthorized: { httpStatus: 401, concerns: "app", source: ERRORS_PAGE },
  Forbidden: { httpStatus: 403, concerns: "app", source: ERRORS_PAGE },
  DisabledFeature: { httpStatus: 403, concerns: "app", source: ERRORS_PAGE },
};

/** The statuses on the page. lrq does not depend on which code comes with which status. */
const STATUSES: ReadonlySet<number> = new Set(
  Object.values(FINAL_CODES).map(({ httpStatus }) => httpStatus),
);

/** True if this is Defender's refusal; `code` is from an answer in Defender's error form. */
export function isFinalCode(httpStatus: number, code: string): boolean {
  return STATUSES.has(httpStatus) && Object.hasOwn(FINAL_CODES, code);
}

/** True if Defender says that what was asked for does not exist. */
export function saysAbsent(httpStatus: number, code: string): boolean {
  return httpStatus === 404 && FINAL_CODES[code]?.httpStatus === 404;
}
