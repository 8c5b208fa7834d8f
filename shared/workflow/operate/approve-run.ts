import { z } from "zod";
import type { Known } from "../../access/authenticate.ts";
import { teamOf, type Caller } from "../../access/caller.ts";
import { mayApprove } from "../../access/reach.ts";
import { readBody } from "../../incident/read-body.ts";
import { approve, awaiting, planOf } from "../../ledger/run/approval.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { changeRun } from "../../store/change-run.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";
import { ringForReady } from "../../store/ring.ts";
import { transact, usual, type Transaction } from "../../store/transact.ts";
import { applyGateOf } from "../../store/apply-gates.ts";

type ApprovePorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

export type Approved =
  | {
      readonly kind: "approved";
      readonly planHash: string;
      readonly given: number;
      readonly needed: number;
    }
  | { readonly kind: "notFound" }
  | { readonly kind: "forbidden" | "refused" | "badBody"; readonly detail: string };

const bodySchema = z.strictObject({ planHash: z.string().regex(/^[0-9a-f]{64}$/) });
const BAD_BODY = 'Send {"planHash": "..."} with the 64 hex digits that the run shows.';
const NOT_ITS_PROFILES =
  "The plan has profiles that you may not use, and a plan is approved as a whole.";
const NOT_WHOLE =
  "This version of the app cannot read a row of this run, so it cannot show the whole plan.";

/**
 * Takes one approval of exactly what the run shows. The run is read before its sequences and
 * written under its ETag, so if something joins it meanwhile, the approval reads again. After the
 * last needed approval the sequences go. Throws if others keep writing the run.
 */
export async function approveRun(
  ports: ApprovePorts,
  limits: Limits,
  asked: { runId: string; who: Known; rawBody: Uint8Array },
): Promise<Approved> {
  const { runId, who } = asked;
  const body = readBody(asked.rawBody);
  const read = bodySchema.safeParse(body.kind === "read" ? body.json : null);
  if (!read.success) return { kind: "badBody", detail: BAD_BODY };
  if (!isRunId(runId)) return { kind: "notFound" };
  const { caller, objectId } = who;
  const person = { caller, by: caller.name, objectId, planHash: read.data.planHash };
  const came = await transact(
    ports,
    usual(`run ${runId}`),
    async (tx) => await take(tx, runId, person, ports.clock),
  );
  if (came.kind !== "approved") return came;
  const { by } = person;
  ports.log("warn", "runApproved", { runId, by, team: teamOf(caller), given: came.given });
  await applyGateOf(ports, runId);
  await ringForReady(ports, limits, { why: "released" });
  return came;
}

async function take(
  tx: Transaction,
  runId: string,
  person: { caller: Caller; by: string; objectId: string | null; planHash: string },
  clock: Ports["clock"],
): Promise<Approved> {
  const run = await loadRun(tx, runId);
  if (run === null) return { kind: "notFound" };
  const { records, setAside } = await listSequences(tx, run.value);
  if (setAside.length > 0) return { kind: "refused", detail: NOT_WHOLE };
  if (!mayApprove(person.caller, run.value, awaiting(records))) {
    return { kind: "forbidden", detail: NOT_ITS_PROFILES };
  }
  const plan = planOf(run.value.approval, records);
  const nowMs = clock.latest();
  const given = approve(run.value.approval, plan, person, nowMs);
  if (given.kind !== "given") return given;
  const { approval, count } = given;
  const turns = run.value.turns + (approval.granted === null ? 0 : 1);
  const detail = `${count} of ${approval.needed}, plan ${person.planHash}`;
  const fact = factAbout("approved", [], { atMs: nowMs, by: person.by, detail });
  changeRun(tx, run, { ...run.value, approval, turns }, [fact]);
  return { kind: "approved", planHash: person.planHash, given: count, needed: approval.needed };
}
