/** What must hold, in words; a failure names one of these. */
export const INVARIANTS = {
  window: "No more POSTs of ours arrive at Defender in any window than the limit.",
  sessions: "Our open actions, Pending ones included, never exceed the session cap we were given.",
  machine: "Defender never has two open actions of ours on one machine.",
  once:
    "There is one action for a sequence's part and attempt, and another attempt only " +
    "after the one before ended without running anything, unless Defender listed it " +
    "later than the guard time allows.",
  said:
    "An action of ours that was listed too late is told of by its sequence, and by the " +
    "audit log if it ran.",
  kept: "An accepted sequence is in the ledger for good.",
  narrowed: "What another version of the app wrote into a row is never lost.",
  aside: "A row whose version nobody knows is left as it is.",
  moves:
    "A sequence moves only as the table of legal moves allows, and a terminal one never again.",
  facts:
    "Nothing is claimed for a machine before Defender has said what it is, and nothing that is " +
    "not for such a machine.",
  library:
    "Nothing is claimed with a library file that no list of the allowed age showed as pinned, and a " +
    "file that changes while it runs is noted.",
  bytes: "What arrives at Defender is what the profile says, in its order, byte for byte.",
  paused: "No POST leaves later than the send fence after a pause.",
  startsPaused:
    "An app with the setting PAUSED submits nothing, and once it has run nothing is submitted " +
    "until somebody resumes.",
  recalled: "No POST leaves for a sequence later than the send fence after its cancel.",
  expired: "No POST leaves for a sequence that has expired.",
  rounds: "A due time of a sweep starts one round at most, and every round ends.",
  swept:
    "A round sends a machine one sequence at most, unless a person asks for its failures again.",
  stopped: "Once a round is stopped, nothing of it is claimed that was not claimed before.",
  joins:
    "A round has each machine that it asks for and that Defender lists while it is open, once, and " +
    "looks for new ones as often as it should.",
  named:
    "A round asks only machines that its query has named, and waits until somebody answers it.",
  hours: "Nothing of a sweep leaves outside of its window.",
  recent: "A sweep does not ask a machine again that it has reached as lately as it says.",
  deleted: "No round of a sweep goes on or starts once the sweep is deleted.",
  answers:
    "Every machine whose result is stored is in the rows of its round, once and with what it " +
    "answered, or its sequence says why not; a reader who is told of no fault misses none.",
  short: "A round that ends and has reached too few machines tells it once, as it ends.",
  sums: "Every machine of a round is counted in one place, at every commit.",
  key: "One idempotency key is one run, and one incident collects a machine once.",
  teams: "A run has only what callers of its team have asked for.",
  reads: "No more lists, links or cancels are asked for than their quotas allow.",
  foreign: "Only actions of ours are ever cancelled.",
  stranger:
    "What a stranger starts with a mark of ours is never taken for an action of ours, is said " +
    "once at most, and no action of ours is called an impersonation.",
  honest:
    "A sequence is said to have succeeded only if an action of its own completed every command.",
  verdict: "A sequence ends as refused only if Defender itself refused a POST of it.",
  retried:
    "What has failed is run again at most once by one sequence, with the same commands on the same " +
    "machine, and nothing else is.",
  asked: "A sequence ends as cancelled only if somebody asked for that.",
  rows:
    "Every index row, lease and note in the ledger follows from a record, and every " +
    "record has its rows.",
  holding: "The budget's sessions are the sequences that hold one.",
  wave: "Nothing of a later wave is submitted before the first has ended and the gate has opened.",
  runPaused:
    "From the moment a run is paused, nothing of it is newly claimed but later parts of " +
    "what has begun.",
  approved:
    "Nothing is submitted before enough others have approved the plan it is of, and " +
    "nothing that they approved ends as if they had not.",
  notified:
    "Every event of a run reaches everybody who asked for it, with one id, until it is " +
    "heard, given up or no longer wanted.",
  gate:
    "What a run counts, what its gate says and whom it holds follow from its records at " +
    "every commit.",
  run: "A run's counts are those of its sequences.",
  history: "Every machine has, in its history, each sequence that was ever claimed or has ended.",
  listed:
    "What lists say of a run is what the run says at every commit, and how its sequences ended.",
  sealed:
    "Every finished run is sealed as it stands, each seal names the one before, and none " +
    "is ever changed.",
  evidence: "A result said to be stored is there, whole, with the bytes Defender served.",
  fetched:
    "A result is given up only if Defender has none: of a command that completed, and " +
    "whose action it still knows, it is stored.",
  reasonless: "A workflow throws only when something outside failed it.",
  ends:
    "When faults are over, every sequence ends, every run finishes, and every result is " +
    "fetched or given up.",
  quiet:
    "When all has ended, nothing is left over: no index row, no session, no message going round.",
  watched:
    "Before the first list one sequence is started, and no more than the calls of a " +
    "window since the last.",
  probed: "While Defender lets us start nothing, POSTs are probes: one at a time, and ever fewer.",
  takenOver: "The claim of a host that died is taken over within 11 minutes.",
  found: "An action of ours is known to the ledger within 15 minutes.",
  spinning: "Hosts are not kept busy: invocations and bells stay in proportion to the work.",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** What was broken first, when (milliseconds after the start), and by what. */
export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly detail: string;
}

/** Keeps the first violation only: those after it follow from it. */
export interface Court {
  fail(invariant: Invariant, detail: string): void;
  violation(): Violation | null;
}

export function createCourt(sinceStartMs: () => number): Court {
  let first: Violation | null = null;
  return {
    fail: (invariant, detail) => {
      first ??= { invariant, atMs: Math.round(sinceStartMs()), detail };
    },
    violation: () => first,
  };
}
