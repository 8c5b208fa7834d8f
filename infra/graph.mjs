// @ts-check
// Microsoft Graph, as far as grant.mjs needs it: requests that wait when Graph says so, and lists
// of several pages.

/** How often one request is sent while Graph says "later". */
const TRIES = 6;
/** Without Retry-After: two seconds, then twice as long each time (page "Throttling guidance"). */
const FIRST_WAIT_SECONDS = 2;
const WAIT_SECONDS_MAX = 120;
const ANSWER_TIMEOUT_MS = 60_000;
/** Half a minute, as a rule enough for Entra to show everywhere what was made (our own choice). */
const LOOKS = 10;
const LOOK_EVERY_MS = 3_000;

/** Graph did nothing, so the same request may be sent again. */
const DID_NOTHING = new Set([429, 503]);
/** Reading again does no harm. */
const MAY_HAVE_DONE = new Set([500, 502, 504]);

/**
 * @typedef {Record<string, unknown>} Body
 * @typedef {{ kind: "ok", body: Body }} Ok
 * @typedef {{ kind: "refused", status: number, why: string }} Refused
 * @typedef {{ kind: "ok", items: Body[] } | Refused} Listed
 * @typedef {ReturnType<typeof createGraph>} Graph
 * @typedef {{
 *   url: string,
 *   token: string,
 *   fetch: typeof globalThis.fetch,
 *   sleep: (ms: number) => Promise<unknown>,
 * }} Outside
 */

/**
 * Graph at `url`, such as `https://graph.microsoft.com`, for the bearer of `token`. A refusal is a
 * value. It throws if Graph cannot be reached, or goes on saying "later".
 *
 * @param {Outside} outside
 */
export function createGraph(outside) {
  const { url } = outside;
  return {
    url,
    /**
     * Asks until the answer shows an object that was just made, for half a minute at most: Graph
     * may answer from a copy that does not have it yet. Returns the last answer.
     *
     * @type {<T>(ask: () => Promise<T>, shows: (answer: T) => boolean) => Promise<T>}
     */
    untilShown: async (ask, shows) => {
      for (let looks = 1; ; looks += 1) {
        const answer = await ask();
        if (looks === LOOKS || shows(answer)) return answer;
        await outside.sleep(LOOK_EVERY_MS);
      }
    },
    /** @type {(path: string, body: Body) => Promise<Ok | Refused>} */
    post: async (path, body) => await send(outside, "POST", `${url}/v1.0${path}`, body),
    /** @type {(path: string, body: Body) => Promise<Ok | Refused>} */
    patch: async (path, body) => await send(outside, "PATCH", `${url}/v1.0${path}`, body),
    /**
     * Every item of a list, page by page.
     *
     * @type {(path: string) => Promise<Listed>}
     */
    all: async (path) => {
      const items = [];
      /** @type {string | null} */
      let next = `${url}/v1.0${path}`;
      while (next !== null) {
        const page = await send(outside, "GET", next, null);
        if (page.kind === "refused") return page;
        items.push(...bodiesIn(page.body["value"]));
        next = nextPage(page.body["@odata.nextLink"], url);
      }
      return { kind: "ok", items };
    },
  };
}

/**
 * @param {Outside} outside
 * @param {string} method
 * @param {string} address
 * @param {Body | null} body
 */
async function send({ token, fetch, sleep }, method, address, body) {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(address, {
      method,
      // The token goes to Graph and nowhere else.
      redirect: "error",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const { status } = response;
    const isLater = DID_NOTHING.has(status) || (method === "GET" && MAY_HAVE_DONE.has(status));
    if (!isLater && status < 500) return await answerOf(response);
    if (!isLater || tries === TRIES) throw new Error(`Graph answers ${status} to ${method}`);
    await response.body?.cancel();
    await sleep(waitSeconds(response, tries) * 1_000);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Ok | Refused>}
 */
async function answerOf(response) {
  const text = await response.text();
  if (response.ok) return { kind: "ok", body: text === "" ? {} : bodyOf(JSON.parse(text)) };
  return { kind: "refused", status: response.status, why: messageIn(text) };
}

/** @param {string} text */
function messageIn(text) {
  try {
    const error = bodyOf(bodyOf(JSON.parse(text))["error"]);
    return `${textOf(error["code"])}: ${textOf(error["message"])}`;
  } catch {
    return text.slice(0, 200);
  }
}

/**
 * @param {Response} response
 * @param {number} tries
 */
function waitSeconds({ headers }, tries) {
  const asked = Number(headers.get("retry-after") ?? Number.NaN);
  const wait = Number.isFinite(asked) ? asked : FIRST_WAIT_SECONDS * 2 ** (tries - 1);
  return Math.min(Math.max(wait, 0), WAIT_SECONDS_MAX);
}

/**
 * The address of the next page. It has to be Graph's: the token goes there.
 *
 * @param {unknown} link
 * @param {string} url
 */
function nextPage(link, url) {
  if (typeof link !== "string") return null;
  if (new URL(link).origin !== new URL(url).origin) throw new Error("the next page is not Graph's");
  return link;
}

/**
 * @param {unknown} value
 * @returns {Body}
 */
export function bodyOf(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/**
 * @param {unknown} value
 * @returns {Body[]}
 */
export function bodiesIn(value) {
  return Array.isArray(value) ? value.map(bodyOf) : [];
}

/** @param {unknown} value */
export function textOf(value) {
  return typeof value === "string" ? value : "";
}
