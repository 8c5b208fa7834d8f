import { it } from "vitest";
import { drawScenario } from "./draw.ts";
import { simulate } from "./simulate.ts";
it("tries", { timeout: 600_000 }, async () => {
  const from = Number(process.env["FROM"] ?? 1), n = Number(process.env["N"] ?? 50);
  const t0 = performance.now(); const kinds: Record<string, number> = {}; let events = 0;
  const firsts: Record<string,string> = {};
  let slow = {seed: 0, ms: 0};
  for (let seed = from; seed < from + n; seed += 1) {
    const t = performance.now();
    const o = await simulate(drawScenario(seed));
    const ms = performance.now() - t;
    if (ms > slow.ms) slow = {seed, ms};
    events += o.counts["calls"] ?? 0;
    const k = o.violation?.invariant ?? "ok"; kinds[k] = (kinds[k] ?? 0) + 1;
    if (o.violation) firsts[k] ??= `seed ${seed} ${o.world.scenario.profile} at ${o.violation.atMs}: ${o.violation.detail} | faults ${o.injected.length}`;
    if (process.env["V"]) console.log(seed, o.world.scenario.profile, ms.toFixed(0), Math.round(o.virtualMs/60000), JSON.stringify(o.counts), o.violation?.invariant);
  }
  console.log((performance.now() - t0) / n, "ms a seed", events / n, "calls a seed", JSON.stringify(slow), JSON.stringify(kinds, null, 1), JSON.stringify(firsts, null, 1).replaceAll("\\n", "\n"));
});
