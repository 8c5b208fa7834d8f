import { it } from "vitest";
import { simulatedCatalogue } from "./profiles.ts";
import { planIncident } from "../../shared/plan/plan.ts";
it("x", () => {
  const catalogue = simulatedCatalogue();
  const p = planIncident({ incident: {source:"generic", incidentId:"1", title:"t", severity:"high", url:null, asks:null, machines: []}, catalogue, routing: {rules: []}, asked: {profile:"split-collect", parameters:{}}, machines:[{kind:"known", machineId:"a".repeat(40), name:null, platform:"linux"}]});
  console.log(JSON.stringify(p));
  const p2 = planIncident({ incident: {source:"generic", incidentId:"1", title:"t", severity:"high", url:null, asks:null, machines: []}, catalogue, routing: {rules: []}, asked: {profile:"ticket-run", parameters:{}}, machines:[{kind:"known", machineId:"a".repeat(40), name:null, platform:"linux"}]});
  console.log(JSON.stringify(p2));
});
