import { it } from "vitest";
import { drawScenario } from "./draw.ts";
import { simulate } from "./simulate.ts";
it("one", { timeout: 600_000 }, async () => {
  const seed = Number(process.env["SEED"]);
  const lines: string[] = [];
  const o = await simulate(drawScenario(seed), { sabotage: { ports: (ports, world) => ({...ports, log: (l, e, f) => { lines.push(`${((world.clock.nowMs()-world.startMs)/1000).toFixed(1)} ${e} ${JSON.stringify(f)}`); }}) } });
  const from = Number(process.env["TAIL"] ?? 60);
  console.log(lines.slice(-from).join("\n"));
  console.log(JSON.stringify(o.violation), JSON.stringify(o.injected), JSON.stringify(o.counts));
  const b = (await o.world.memory.read("budget"))?.body as any; console.log(JSON.stringify(b));
  const s = o.world.scenario; console.log(JSON.stringify({...s, machines: s.machines.filter(m=>m.offline.length+m.portal.length>0||m.goneAtMs!==null)}));
  for (const r of o.world.judge.ledger.records.values()) console.log(r.sequenceId.slice(-8), r.state, r.part, r.attempt, r.machineId.slice(-3), r.actionId, JSON.stringify(r.place), JSON.stringify(r.outcome?.code), JSON.stringify(r.results.map(x=>x.state)));
});
