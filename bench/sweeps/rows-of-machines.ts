import { createSeededRandom } from "../../local/memory/random.ts";
import { blockPieces, PIECE_MAX_BYTES } from "../../shared/evidence/rows/row-block.ts";
import { rowsPath } from "../../shared/evidence/rows/rows-path.ts";
import type { RowStore } from "../../shared/ports.ts";
import { BATCH_MACHINES } from "../../shared/workflow/sweep/send-machines.ts";
import type { RoundOfRows } from "../../shared/workflow/view/rows/read-round.ts";

export const ROWS_EACH = 100;

/** Programs that most machines start, and how many of the rows of a machine are among them. */
const USUAL = 400;
const USUAL_EACH = 97;

type Row = readonly [string, string];

/** What machines say, by their number: distinct rows of two columns. */
export type Rows = (machine: number) => readonly Row[];

/** Autostarts: most are on many machines, three on few of them. */
export const AUTOSTARTS: Rows = (machine) => {
  const random = createSeededRandom(machine + 1);
  const from = Math.floor(random.fraction() * USUAL);
  const usual = Array.from({ length: USUAL_EACH }, (_, at) => rowOf((from + at) % USUAL, "usual"));
  const rare = [1, 2, 3].map((at) =>
    rowOf(Math.floor(random.fraction() * 30_000) * 4 + at, "rare"),
  );
  return [...usual, ...rare];
};

/** The same machines another time: of each the three that are rare are others. */
export const LATER: Rows = (machine) => {
  const usual = AUTOSTARTS(machine).slice(0, USUAL_EACH);
  return [...usual, ...[1, 2, 3].map((at) => rowOf(machine * 4 + at, "later"))];
};

/** Every value is on two machines and no more, so nothing is known before all is counted. */
export const ON_TWO: Rows = (machine) => {
  const pair = Math.floor(machine / 2);
  return Array.from({ length: ROWS_EACH }, (_, at) => rowOf(pair * ROWS_EACH + at, "two"));
};

function rowOf(number: number, kind: string): Row {
  const vendor = number % 37;
  const path = `C:\\Program Files\\Vendor ${vendor}\\${kind}\\program-${number}.exe`;
  return [path, `CN=Vendor ${vendor}, O=Vendor ${vendor} Ltd, C=DE`];
}

/** The round that has these rows. */
export function roundOf(name: string): RoundOfRows {
  const form = {
    format: "ndjson" as const,
    columns: ["path", "signer"].map((column) => ({
      name: column,
      type: "text" as const,
      key: false,
    })),
    atMost: { rows: 10_000, bytes: 2 ** 20 },
  };
  return { name, number: 1, rows: [{ profile: "autostarts", hash: "h", command: 0, form }] };
}

/**
 * Stores what so many machines say, as the collector does, but with several blocks in an append.
 * Gives each row to `line`, if somebody wants it, as it is in the store.
 */
export async function storeRows(
  store: RowStore,
  name: string,
  machines: number,
  { rows, line }: { readonly rows: Rows; readonly line?: (text: string) => void },
): Promise<void> {
  for (let from = 0; from < machines; from += BATCH_MACHINES) {
    const path = rowsPath({ name, round: 1, batch: from / BATCH_MACHINES + 1 });
    let waiting: Uint8Array[] = [];
    let bytes = 0;
    const append = async () => {
      if (bytes > 0) await store.append(path, Buffer.concat(waiting));
      [waiting, bytes] = [[], 0];
    };
    for (let machine = from; machine < Math.min(machines, from + BATCH_MACHINES); machine += 1) {
      const own = rows(machine);
      for (const row of own) line?.(JSON.stringify(row));
      for (const piece of blockPieces(whoseOf(machine), parsedOf(own), `block-${machine}`)) {
        if (bytes + piece.byteLength > PIECE_MAX_BYTES) await append();
        waiting.push(piece);
        bytes += piece.byteLength;
      }
    }
    await append();
  }
}

function whoseOf(machine: number) {
  const id = machine.toString(16).padStart(40, "0");
  const whose = { machineId: id, machineName: `pc-${machine}.contoso.com`, sequenceId: `s.${id}` };
  return { ...whose, profile: "autostarts", hash: "h", collectedAtMs: machine };
}

function parsedOf(rows: readonly Row[]) {
  return { rows, wrong: [], wrongCount: 0, cut: null, trouble: null };
}
