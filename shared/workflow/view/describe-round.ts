import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { endedAs, leftOutIn, REACHED, type RoundRecord } from "../../sweep/round.ts";
import { columnsOfRound } from "./rows/columns-of-round.ts";

/** A round, with its machines by where they are; together the counts are `targeted`. */
export interface RoundView {
  readonly sweep: string;
  readonly round: number;
  readonly state: "running" | "paused" | "closing" | "ended";
  /** When it was due; null if a person started it. */
  readonly dueAt: string | null;
  readonly startedBy: string | null;
  readonly startedAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
  /** Why it sends nothing, or nothing any more; null if it sends. */
  readonly why: { readonly code: string; readonly detail: string; readonly since: string } | null;
  /** When all machines were listed last; null while the first listing goes on. */
  readonly listedAt: string | null;
  /**
   * Machines that the query named at the last listing, rows of its answer that name none, and
   * machines that it named and Defender does not list; null without a query or a listing.
   */
  readonly query: {
    readonly named: number;
    readonly odd: number;
    readonly notListed: number;
  } | null;
  readonly counts: {
    readonly targeted: number;
    /** To be sent, in the order of their ids. */
    readonly waiting: number;
    /** Have not reported lately; they are sent something once they do. */
    readonly held: number;
    /** In a run that goes on, or about to be. */
    readonly sent: number;
    readonly reached: number;
    /** The others, by how it ended for them. */
    readonly missed: Readonly<Record<string, number>>;
    /** Those of `missed` that the round has left out; coverage is reckoned without them. */
    readonly leftOut: number;
  };
  /** Batches so far; each is a run. */
  readonly batches: number;
  readonly reruns: number;
}

/** A round with what no list of rounds has. */
export interface WholeRoundView extends RoundView {
  /** The ids of the runs that its batches are, the first batch first. */
  readonly runs: readonly string[];
  /** The columns of its rows; none if none of its profiles has rows. */
  readonly columns: readonly string[];
}

export function describeWholeRound(round: RoundRecord): WholeRoundView {
  const { name, number, rows } = round;
  const view = describeRound(round);
  const runs = Array.from({ length: view.batches }, (_, index) =>
    sweepRunIdOf({ name, round: number, batch: index + 1 }),
  );
  return { ...view, runs, columns: columnsOfRound(rows).all };
}

export function describeRound(round: RoundRecord): RoundView {
  const { name, number, counts, state, paused } = round;
  const missed = counts.ended.filter(({ how }) => how !== REACHED);
  const { targeted, waiting, held, inHand, sent } = counts;
  return {
    sweep: name,
    round: number,
    state: state === "running" && paused !== null ? "paused" : state,
    dueAt: isoOrNull(round.dueAtMs),
    startedBy: round.startedBy,
    startedAt: isoOf(round.startedAtMs),
    expiresAt: isoOf(round.expiresAtMs),
    endedAt: isoOrNull(round.endedAtMs),
    why: whyOf(round),
    listedAt: isoOrNull(round.listedAtMs),
    query: queryOf(round),
    counts: {
      targeted,
      waiting,
      held,
      sent: sent + inHand,
      reached: endedAs(counts, REACHED),
      missed: Object.fromEntries(missed.map(({ how, count }) => [how, count])),
      leftOut: leftOutIn(counts),
    },
    batches: round.batchMachines === 0 ? round.batch - 1 : round.batch,
    reruns: round.reruns,
  };
}

/** Without what a newer version may know of it. */
function queryOf({ query }: RoundRecord): RoundView["query"] {
  if (query === null) return null;
  const { named, odd, notListed } = query;
  return { named, odd, notListed };
}

function whyOf({ paused, closed, hindrance }: RoundRecord): RoundView["why"] {
  if (closed !== null) {
    const by = closed.by === null ? "" : ` by ${closed.by}`;
    const detail = { ...CLOSED, stopped: `A person stopped it${by}.` }[closed.why];
    return { code: closed.why, detail, since: isoOf(closed.atMs) };
  }
  if (paused !== null) {
    return { code: paused.code, detail: paused.detail, since: isoOf(paused.atMs) };
  }
  if (hindrance === null) return null;
  return { code: hindrance.code, detail: hindrance.detail, since: isoOf(hindrance.sinceMs) };
}

const CLOSED = {
  done: "Every machine is counted.",
  expired: "Its time is over.",
  replaced: "The next round has taken its place.",
} as const;
