import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { findChromium } from "../../test/stories/chromium.ts";
import { describeNow } from "../../shared/workflow/view/describe-now.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { median } from "../measured.ts";
import { atMost, row, type Row } from "../table.ts";
import { callersHere, ledgerWith, portsOn } from "./many-runs.ts";

const SECONDS_MAX = 1;
const TIMES = 7;
const RUNNING = 200;
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css" } as const;

/**
 * Seconds from the address to what the page shows first, in a browser that has never seen it: the
 * form, and then with a key the view Now. The files and the answers come from this process.
 */
export async function measureFirstView(): Promise<Row[]> {
  const chromium = await findChromium();
  if (chromium.kind === "none") return [];
  const now = await nowText();
  const server = createServer((request, response) => {
    const { type, body } = answerTo(request.url ?? "", now);
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not on a port");
  const browser = await chromium.start();
  const seconds: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const startedAtMs = performance.now();
    await page.goto(`http://127.0.0.1:${address.port}/api/page`);
    await page.getByLabel("Your key").fill("key");
    await page.getByLabel("Your key").press("Enter");
    await page.getByText(/of \d+ calls used/).waitFor();
    seconds.push((performance.now() - startedAtMs) / 1_000);
    await context.close();
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
  const facts = { part: "operate", measure: "from the address to the view Now, cold", unit: "s" };
  const setting = `Chromium, the middle of ${TIMES}`;
  return [row({ ...facts, setting, value: median(seconds), bound: atMost(SECONDS_MAX) })];
}

function answerTo(path: string, now: string): { readonly type: string; readonly body: string } {
  const type = "application/json";
  if (path.endsWith("/whoami")) return { type, body: '{"name":"chief"}' };
  if (path.endsWith("/now")) return { type, body: now };
  if (path.endsWith("/sign-in")) return { type, body: '{"entra":null}' };
  const name = path.endsWith("/page") ? "index.html" : (path.split("/").at(-1) ?? "");
  const ending = Object.entries(TYPES).find(([each]) => name.endsWith(`.${each}`));
  if (ending === undefined) return { type: "text/plain", body: "" };
  return { type: ending[1], body: readFileSync(`dist/app/page/${name}`, "utf8") };
}

async function nowText(): Promise<string> {
  const { ledger } = await ledgerWith(RUNNING, { accepted: 1, open: 1, finishedAtMs: null });
  const [caller] = callersHere();
  if (caller === undefined) throw new Error("there is no caller");
  const settings = { limits: SHIPPED, library: null };
  return JSON.stringify(await describeNow(portsOn(ledger), settings, caller));
}
