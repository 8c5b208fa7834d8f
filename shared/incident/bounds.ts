/** Most problems that one refusal lists; more would only repeat the same mistake. Our own bound. */
export const MAX_PROBLEMS = 10;

/**
 * Most characters of one problem's path and of its message, so that hostile keys cannot make an
 * answer large.
 */
export const MAX_PROBLEM_CHARACTERS = 200;

/** Most characters of a title we keep; longer ones are cut. Our own bound. */
export const MAX_TITLE_CHARACTERS = 300;

/**
 * Most characters of a sender's incident id. A longer id is refused and not cut, because two cut
 * ids could be the same.
 */
export const MAX_INCIDENT_ID_CHARACTERS = 200;

/**
 * Most characters of a link: the longest that all browsers still open. A longer one is left out.
 */
export const MAX_URL_CHARACTERS = 2_048;

/** Most characters of a DNS name (RFC 1035, section 2.3.4). */
export const MAX_NAME_CHARACTERS = 255;

/** Most characters of a machine's name as a sender wrote it, where it is shown. Our own bound. */
export const MAX_LABEL_CHARACTERS = 100;

/**
 * Most machines one incident may name: fifty minutes of submissions at ten a minute. Our own bound.
 */
export const MAX_MACHINES = 500;
