import type { Forged, Forgery, Loose } from "./forgeries.ts";

/** Forgeries of what the queue decided. */
export const DECISION_FORGERIES: readonly Forgery[] = [
  {
    name: "a decision of the queue taken out, and the others chained anew",
    forge: ({ decisions, chain }) => chainOfFirst(decisions, chain, (own) => own.splice(1, 1)),
    says: /decision about \S+ \d+, which is not in the folder: the chain was cut off/,
  },
  {
    name: "a decision of the queue altered, and chained anew",
    forge: ({ decisions, chain }) =>
      chainOfFirst(decisions, chain, ([first]) => (first.by = "nobody")),
    says: /another hash of decision about \S+ \d+ than the folder: the chain was written anew/,
  },
  {
    name: "a decision of the queue altered, and nothing chained",
    forge: ({ decisions }) => (decisions[0].detail = "nothing happened"),
    says: /decisions\.jsonl: \S+: broken at decision 1: .* changed after it was sealed/,
  },
  {
    name: "a decision of the queue given to another sequence",
    forge: ({ decisions }) => (decisions[0].sequenceId = decisions.at(-1).sequenceId),
    says: /decisions\.jsonl/,
  },
  {
    name: "decisions of the queue in another order, chained anew and sealed",
    forge: ({ decisions, chain, reseal }) => {
      chainOfFirst(decisions, chain, (own) => own.splice(0, 2, own[1], own[0]));
      reseal();
    },
    says: /is not later than the one before it/,
  },
  {
    name: "a decision about a sequence that was never asked for",
    forge: ({ decisions }) =>
      decisions.push({ ...decisions[0], sequenceId: `${decisions[0].sequenceId.slice(0, -1)}0` }),
    says: /decisions\.jsonl: is not what lrq writes/,
  },
  {
    name: "all decisions of the queue taken away",
    forge: ({ decisions }) => decisions.splice(0),
    says: /the chain was cut off/,
  },
  {
    name: "a decision of the queue taken out, and the seal made to fit",
    forge: ({ decisions, chain, reseal }) => {
      chainOfFirst(decisions, chain, (own) => own.splice(1, 1));
      reseal();
    },
    says: /no seal has this hash/,
    needsHead: true,
  },
];

/** Changes the decisions about the first sequence, and chains them anew. */
function chainOfFirst(
  decisions: Loose[],
  chain: Forged["chain"],
  change: (own: Loose[]) => void,
): void {
  const [{ sequenceId }] = decisions;
  const own = decisions.filter((each) => each.sequenceId === sequenceId);
  const count = own.length;
  change(own);
  chain(own);
  decisions.splice(0, count, ...own);
}
