/** One of Defender's error codes that settles what is done, and whom it concerns. */
interface FinalCode {
  readonly httpStatus: 400 | 401 | 403 | 404;
  /** `sequence`: it would be refused again, so it ends. `app`: so would any, so all wait. */
  readonly concerns: "sequence" | "app";
  readonly source: string;
}

const ERRORS_PAGE = "Common REST API error codes";

/**
 * The answers to a POST of a sequence that are Defender's own refusal. docs/api.md shows the same
 * table. Every other 4xx leaves open what became of the POST: a gateway may have said it.
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

/** The statuses of the page. Which code comes with which of them is not relied on. */
const STATUSES: ReadonlySet<number> = new Set(
  Object.values(FINAL_CODES).map(({ httpStatus }) => httpStatus),
);

/** True if this is Defender's refusal; the code is that of an answer in Defender's error form. */
export function isFinalCode(httpStatus: number, code: string): boolean {
  return STATUSES.has(httpStatus) && Object.hasOwn(FINAL_CODES, code);
}

/** True if Defender says that what was asked for does not exist. */
export function saysAbsent(httpStatus: number, code: string): boolean {
  return httpStatus === 404 && FINAL_CODES[code]?.httpStatus === 404;
}
