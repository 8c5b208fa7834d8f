import type { Forgery } from "./forgeries.ts";

/** Forgeries that say what no lrq says, chained and sealed anew. */
export const FORM_FORGERIES: readonly Forgery[] = [
  {
    name: "a member of an entry that lrq does not know",
    forge: ({ entries, chain, reseal }) => {
      entries[0].note = "trust me";
      chain(entries);
      reseal();
    },
    says: /broken at entry 1: not a custody entry/,
    saysInPython: /manifest\.json: link 1 is not of the form that lrq writes: note/,
  },
  {
    name: "a member within an entry that lrq does not know",
    forge: ({ entries, chain, reseal }) => {
      entries[0].profile.note = "trust me";
      chain(entries);
      reseal();
    },
    says: /broken at entry 1: not a custody entry/,
    saysInPython: /manifest\.json: link 1 is not of the form that lrq writes: profile\.note/,
  },
  {
    name: "a member of an audit record that lrq does not know",
    forge: ({ records, chain, reseal }) => {
      records[0].note = "trust me";
      chain(records);
      reseal();
    },
    says: /broken at record 1: not an audit record/,
    saysInPython: /audit\.jsonl: link 1 is not of the form that lrq writes: note/,
  },
  {
    name: "an audit event that lrq does not know",
    forge: ({ records, chain, reseal }) => {
      records.at(-1).event = "pardoned";
      chain(records);
      reseal();
    },
    says: /broken at record \d+: not an audit record/,
    saysInPython: /audit\.jsonl: link \d+ is not of the form that lrq writes: event/,
  },
  {
    name: "a member of a decision that lrq does not know",
    forge: ({ decisions, chain, reseal }) => {
      const own = decisions.filter(({ sequenceId }) => sequenceId === decisions[0].sequenceId);
      own[0].note = "trust me";
      chain(own);
      reseal();
    },
    says: /broken at decision 1: not an audit decision/,
    saysInPython: /decisions\.jsonl: \S+: link 1 is not of the form that lrq writes: note/,
  },
  {
    name: "a member of the seal that lrq does not know",
    forge: ({ seals }) => (seals[0].note = "trust me"),
    says: /seal-1\.json: is not a statement/,
    saysInPython: /seal-1\.json: is not of the form that lrq writes: note/,
  },
  {
    name: "a state that lrq does not know",
    forge: ({ seals }) => (seals[0].sequences.at(-1).state = "triumphed"),
    says: /seal-1\.json: is not a statement/,
    saysInPython: /seal-1\.json: is not of the form that lrq writes: sequences\.2\.state/,
  },
  {
    name: "a time that is none",
    forge: ({ seals }) => (seals[0].finishedAt = "yesterday"),
    says: /seal-1\.json: is not a statement/,
    saysInPython: /seal-1\.json: is not of the form that lrq writes: finishedAt/,
  },
];
