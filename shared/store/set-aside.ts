import { RATE_TOKEN_KEY } from "../ledger/row/keys.ts";
import { orSetAside, SetAside } from "../ledger/row/set-aside.ts";
import type { Ports } from "../ports.ts";
import { changeBudgetAlone } from "./change-budget.ts";
import { budgetChange, loadBudget, loadReadableBudget } from "./load.ts";
import { formOf } from "./row-forms.ts";
import { tryTransact, usual, type Store } from "./transact.ts";

type AsidePorts = Store & Pick<Ports, "log">;

/** The budget names at most this many; the log has all of them. */
const NAMED_MAX = 100;

/**
 * The result of `step`, or `otherwise` if a row that it needs is set aside. Such a row is noted in
 * the budget, and everything else goes on.
 */
export async function unlessSetAside<T, O>(
  ports: AsidePorts,
  otherwise: O,
  step: () => Promise<T>,
): Promise<T | O> {
  const came = await orSetAside(step());
  if (!(came instanceof SetAside)) return came;
  await noteSetAside(ports, came);
  return otherwise;
}

/** Names the row in the budget, and logs it once. After that the poll logs it. */
export async function noteSetAside(ports: AsidePorts, { key, why }: SetAside): Promise<void> {
  const noted = await tryTransact(ports, usual("the budget"), async (tx) => {
    const budget = key === RATE_TOKEN_KEY ? null : await loadReadableBudget(tx);
    if (budget === null) return "not";
    const { setAside } = budget.value;
    if (setAside.some((each) => each.key === key)) return "before";
    if (setAside.length >= NAMED_MAX) return "not";
    const named = [...setAside, { key, why, sinceMs: ports.clock.earliest() }];
    tx.stage([budgetChange(budget, { ...budget.value, setAside: named })]);
    return "now";
  });
  if (noted.kind === "done" && noted.value === "before") return;
  ports.log("warn", "rowSetAside", { key, why });
}

/**
 * Reads the rows that the budget names as set aside. It removes the names of those that are gone or
 * can be read now, and logs a line for each of the others. Costs nothing while there are none.
 */
export async function recheckSetAside(ports: AsidePorts): Promise<void> {
  const over = new Set<string>();
  for (const { key, why } of (await loadBudget(ports.ledger)).value.setAside) {
    const row = await ports.ledger.read(key);
    if (row === null || formOf(key)?.safeParse(row.body).success === true) over.add(key);
    else ports.log("warn", "rowSetAside", { key, why });
  }
  await changeBudgetAlone(ports, (budget) => {
    const left = budget.setAside.filter(({ key }) => !over.has(key));
    return left.length === budget.setAside.length ? budget : { ...budget, setAside: left };
  });
}
