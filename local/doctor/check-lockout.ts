import { findLedger } from "../../shared/azure/find-ledger.ts";
import { bodyOf } from "../../shared/azure/entity.ts";
import { statusOf, type StorageAccess } from "../../shared/azure/access.ts";
import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import { budgetSchema } from "../../shared/limits/pace/budget.ts";
import { describeLockout, lockoutInWords } from "../../shared/workflow/view/describe-lockout.ts";
import { found, ok, type Finding } from "./finding.ts";
import { tableAt } from "./storage-clients.ts";

const CHECK = "Defender and the app";

/**
 * What the app itself last heard at Defender's door, as its ledger tells: its identity may be
 * another than the doctor's. `partition` is the app's, by its settings.
 */
export async function checkLockout(access: StorageAccess, partition: string): Promise<Finding> {
  try {
    const table = tableAt(access, "ledger");
    const entity = await table.getEntity(await findLedger(table, partition), RATE_TOKEN_KEY);
    const lockout = describeLockout(budgetSchema.parse(bodyOf(entity)));
    if (lockout === null) return ok(CHECK, "It lets the app in.");
    return found("error", CHECK, lockoutInWords(lockout), lockout.remedy);
  } catch (error) {
    if (statusOf(error) === 404) return ok(CHECK, "The app has asked for nothing yet.");
    const fix = "Read the findings about the table first.";
    return found("unknown", CHECK, "The app's ledger could not be read.", fix);
  }
}
