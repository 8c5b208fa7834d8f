import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { z } from "zod";
import { PATIENCE_MS } from "./until.ts";

/** The operations page in a browser, signed in. */
export interface OpenedPage {
  readonly page: Page;
  /** What the browser complained of: errors of scripts, and what the policy of the page forbade. */
  readonly complaints: readonly string[];
  /** Goes to a view by its address behind the hash, and waits for its heading. */
  readonly go: (hash: string, heading: string | RegExp) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens the page of the app at `url` and signs in with a key, as a person does. */
export async function openPage(
  browser: Browser,
  { url, key }: { readonly url: string; readonly key: string },
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const page = await newPage(browser, options);
  const complaints = listenTo(page);
  await page.goto(`${url}/api/page`);
  await page.getByLabel("Your key").fill(key);
  await page.getByLabel("Your key").press("Enter");
  await page.getByRole("heading", { level: 1, name: "Now" }).waitFor();
  return {
    page,
    complaints,
    go: async (hash, heading) => {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    },
    close: async () => await page.context().close(),
  };
}

/** A page of a context of its own, which waits for what it is asked for as long as a story does. */
export async function newPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return await context.newPage();
}

function listenTo(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("dialog", (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  return complaints;
}

/** A telephone, a laptop and a large screen, by their pixels; each in both colour schemes. */
export const LOOKS = [360, 1_280, 1_920].flatMap((width) => [
  [width, "dark"] as const,
  [width, "light"] as const,
]);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const foundSchema = z.array(z.object({ id: z.string(), targets: z.array(z.string()) }));

/** What axe finds wrong with what the page shows now, and where. The context has to bypass CSP. */
export async function barriersIn(page: Page): Promise<z.infer<typeof foundSchema>> {
  await page.evaluate(AXE);
  const found: unknown = await page.evaluate(`axe.run(document).then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ html }) => html) })))`);
  return foundSchema.parse(found);
}

const WIDTHS = `(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }))(
  document.documentElement)`;

/** True if the page is no wider than the window, so that nobody has to scroll sideways. */
export async function fits(page: Page): Promise<boolean> {
  const { scrollWidth, clientWidth } = z
    .object({ scrollWidth: z.number(), clientWidth: z.number() })
    .parse(await page.evaluate(WIDTHS));
  return scrollWidth <= clientWidth;
}

/** Waits for a button or a link, then presses Tab until it has the focus; fails after a hundred. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true, disabled: false });
  const link = page.getByRole("link", { name, exact: true });
  await button.or(link).first().waitFor();
  for (let presses = 0; presses < 100; presses += 1) {
    await page.keyboard.press("Tab");
    const text = z.string().parse(await page.evaluate(`document.activeElement?.textContent ?? ""`));
    if (text.trim() === name) return;
  }
  expect.unreachable(`the Tab key does not reach ${name}`);
}
