import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { glanceAtNow } from "../../shared/workflow/view/describe-now.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { atMost, row, type Row } from "../table.ts";
import { callersHere, ledgerWith, portsOn } from "./many-runs.ts";

const BUNDLE_KB_MAX = 100;
const REQUESTS_MAX = 2;
const RUNNING = 200;

/** What the page costs: its files on the way to a browser, and a refresh when nothing changed. */
export async function measurePage(): Promise<Row[]> {
  const files = ["index.html", "page.js", "page.css"];
  const sizes = files.map((name) => gzipSync(readFileSync(`dist/app/page/${name}`)).length);
  const bundle = sizes.reduce((sum, size) => sum + size, 0) / 1_000;
  const { ledger, requestsOf } = await ledgerWith(RUNNING, {
    accepted: 1,
    open: 1,
    finishedAtMs: null,
  });
  const settings = { limits: SHIPPED, library: null };
  let most = 0;
  for (const caller of callersHere()) {
    const look = () => glanceAtNow(portsOn(ledger), settings, caller);
    most = Math.max(most, await requestsOf(look));
  }
  const size = {
    part: "operate",
    measure: "the page, gzipped",
    setting: "three files",
    unit: "kB",
  };
  const refresh = {
    part: "operate",
    measure: "table requests for a refresh of the page, nothing changed",
    setting: "200 running",
    unit: "",
  };
  return [
    row({ ...size, value: bundle, bound: atMost(BUNDLE_KB_MAX) }),
    row({ ...refresh, value: most, bound: atMost(REQUESTS_MAX) }),
  ];
}
