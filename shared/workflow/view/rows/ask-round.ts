import type { Ports } from "../../../ports.ts";
import { loadRound } from "../../../store/load-sweeps.ts";
import type { Store } from "../../../store/transact.ts";
import { streamChanges } from "./compare-rounds.ts";
import type { RoundOfRows } from "./read-round.ts";
import { recordRowsRead } from "./record-rows-read.ts";
import { stackRows, type StackAsked } from "./stack-rows.ts";
import { streamRows, streamTroubles, type RowsFormat } from "./stream-rows.ts";

type AskPorts = Store & Pick<Ports, "rows">;

/** A round that the caller reaches, and the caller's name. */
export interface Asking {
  readonly round: RoundOfRows;
  readonly by: string;
}

/** Each question about the rows of a round; it is recorded before anything is shown. */
export function askingRounds(ports: AskPorts) {
  const record = async ({ round: { name, number }, by }: Asking, what: string) => {
    await recordRowsRead(ports, { name, number, by, what });
  };
  return {
    readRows: async (asking: Asking, format: RowsFormat) => {
      await record(asking, "rows");
      return streamRows(ports.rows, asking.round, format);
    },
    readTroubles: async (asking: Asking) => {
      await record(asking, "troubles");
      return streamTroubles(ports.rows, asking.round);
    },
    /** Null if the round has not all of the columns. */
    stackRows: async (asking: Asking, asked: StackAsked) => {
      await record(asking, "stack");
      return await stackRows(ports.rows, asking.round, asked);
    },
    /** Null if the sweep has no round with this number. */
    readChanges: async (asking: Asking, against: number) => {
      const other = await loadRound(ports.ledger, asking.round.name, against);
      if (other === null) return null;
      await record(asking, `changes since round ${against},`);
      return streamChanges(ports.rows, asking.round, other.value);
    },
  };
}
