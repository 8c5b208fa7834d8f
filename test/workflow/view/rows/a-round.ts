import { createMemoryRows } from "../../../../local/memory/rows.ts";
import type { Cell, ParsedRows } from "../../../../shared/evidence/rows/parsed-rows.ts";
import { blockPieces } from "../../../../shared/evidence/rows/row-block.ts";
import { rowsPath } from "../../../../shared/evidence/rows/rows-path.ts";
import type { RoundRows } from "../../../../shared/ledger/sweep/round-rows.ts";
import type { RowStore } from "../../../../shared/ports.ts";
import type { RoundOfRows } from "../../../../shared/workflow/view/rows/read-round.ts";
import { aForm } from "../../../evidence/rows/a-form.ts";

/** What one machine said in a batch of a round. */
export interface Said {
  readonly machineId: string;
  readonly rows: readonly (readonly Cell[])[];
  readonly round?: number;
  readonly batch?: number;
  readonly hash?: string;
  readonly parsed?: Partial<ParsedRows>;
}

export const SWEEP = "autostarts";

/** A round whose profiles have these columns; a name that ends in `!` is a key. */
export function aRound(columns: Readonly<Record<string, readonly string[]>>, number = 1) {
  const rows: RoundRows[] = Object.entries(columns).map(([hash, names]) => {
    const form = aForm("ndjson", names);
    const all = form.columns.map((each) => ({ ...each, key: each.key ?? false }));
    return { profile: hash, hash, command: 0, form: { ...form, columns: all } };
  });
  return { name: SWEEP, number, rows } satisfies RoundOfRows;
}

/** Appends what machines said, in this order. */
export async function say(store: RowStore, ...all: readonly Said[]): Promise<void> {
  for (const [index, said] of all.entries()) {
    const { round = 1, batch = 1 } = said;
    for (const piece of piecesOf(said, `b${index}`)) {
      await store.append(rowsPath({ name: SWEEP, round, batch }), piece);
    }
  }
}

/** A store with what machines said. */
export async function storeOf(...all: readonly Said[]): Promise<RowStore> {
  const store = createMemoryRows();
  await say(store, ...all);
  return store;
}

/** The block of a machine in pieces, to be appended one by one. */
export function piecesOf(
  { machineId, rows, hash = "h", parsed = {} }: Said,
  block: string,
): Uint8Array[] {
  const whose = { machineId, machineName: `${machineId}.local`, sequenceId: `s-${machineId}` };
  const of = { ...whose, profile: "autostarts", hash, collectedAtMs: 0 };
  const nothingWrong = { wrong: [], wrongCount: 0, cut: null, trouble: null };
  return blockPieces(of, { rows, ...nothingWrong, ...parsed }, block);
}

export async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
