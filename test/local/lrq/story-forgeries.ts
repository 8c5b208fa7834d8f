import type { Forgery, Loose } from "./forgeries.ts";

/**
 * Forgeries of somebody who chains and seals everything anew, and whom only the other parts of the
 * folder contradict.
 */
export const STORY_FORGERIES: readonly Forgery[] = [
  inEntry("machineActionId", "action-9"),
  inEntry("machineName", "host-9.example.org"),
  inEntry("submittedAt", "2026-11-20T10:00:01.000Z"),
  {
    name: "another script in an entry",
    forge: ({ entries, chain, reseal }) => {
      entries[0].command.scriptName = "other.ps1";
      chain(entries);
      reseal();
    },
    ...bothSay(/entry 1 has another command than seal-1\.json/),
  },
  {
    name: "another action of a failed sequence in the seal",
    forge: ({ seals }) => {
      inState(seals, "failed").machineActionId = "action-9";
    },
    ...bothSay(/decisions\.jsonl: has the end of another action of \S+ than seal-1\.json/),
  },
  {
    name: "another action in seal and entries",
    forge: ({ seals, entries, chain, reseal }) => {
      inState(seals, "succeeded").machineActionId = "action-9";
      for (const each of entries) each.machineActionId = "action-9";
      chain(entries);
      reseal();
    },
    ...bothSay(/decisions\.jsonl: has the end of another action of \S+ than seal-1\.json/),
  },
  {
    name: "another action in the decisions, sealed anew",
    forge: ({ seals, decisions, chain, reseal }) => {
      const { sequenceId } = inState(seals, "failed");
      const own = decisions.filter((each) => each.sequenceId === sequenceId);
      for (const each of own) each.machineActionIds = ["action-9"];
      chain(own);
      reseal();
    },
    ...bothSay(/has the end of another action of \S+ than seal-1\.json/),
  },
  {
    name: "all decisions of the queue taken away, and the seal made to fit",
    forge: ({ decisions, reseal }) => {
      decisions.splice(0);
      reseal();
    },
    ...bothSay(/decisions\.jsonl: has no end of \S+, which is failed in seal-1\.json/),
  },
  {
    name: "the claim of a sequence taken out, and the seal made to fit",
    forge: ({ decisions, chain, reseal }) => {
      const { sequenceId } = decisions[0];
      decisions.shift();
      chain(decisions.filter((each) => each.sequenceId === sequenceId));
      reseal();
    },
    ...bothSay(/decisions\.jsonl: has no claim of \S+, which seal-1\.json says was submitted/),
  },
  {
    name: "another reason of a failure",
    forge: ({ seals }) => {
      inState(seals, "failed").outcome.code = "offline";
    },
    ...bothSay(/decisions\.jsonl: has another end of \S+ than seal-1\.json/),
  },
  {
    name: "a sequence that was cancelled while it waited, and is said to have expired",
    forge: ({ seals }) => {
      inState(seals, "cancelled").state = "expired";
    },
    ...bothSay(/audit\.jsonl: has another end of \S+ than seal-1\.json/),
  },
  {
    name: "no record that the run was accepted, and another requester everywhere",
    forge: ({ records, entries, seals, chain, reseal }) => {
      records.splice(0, records.length, ...records.filter(({ event }) => event !== "accepted"));
      for (const each of entries) each.requestedBy = "mallory";
      const [last] = seals;
      last.requestedBy = "mallory";
      for (const each of last.sequences) each.requestedBy = "mallory";
      chain(entries);
      chain(records);
      reseal();
    },
    ...bothSay(/audit\.jsonl: does not say that the run was accepted/),
  },
  {
    name: "a retry that nobody asked for",
    forge: ({ records, chain, reseal }) => {
      records.splice(
        records.findIndex(({ event }) => event === "retried"),
        1,
      );
      chain(records);
      reseal();
    },
    ...bothSay(/has no request by operator/),
  },
  {
    name: "a sequence twice",
    forge: ({ seals }) => {
      const [last] = seals;
      last.sequences.push(last.sequences.at(-1));
      last.accepted += 1;
    },
    ...bothSay(/has a sequence twice/),
  },
  {
    name: "no profiles",
    forge: ({ seals }) => (seals[0].profiles = []),
    ...bothSay(/has other profiles than its sequences/),
  },
  {
    name: "a profile that no sequence has",
    forge: ({ seals }) => seals[0].profiles.push({ ...seals[0].profiles[0], version: 9 }),
    ...bothSay(/has other profiles than its sequences/),
  },
  finishedIn(2020),
  finishedIn(2030),
  {
    name: "a sealed sequence that waits",
    forge: ({ seals }) => {
      Object.assign(inState(seals, "failed"), { state: "waiting", outcome: null, endedAt: null });
    },
    ...bothSay(/seals \S+, which is waiting/),
  },
  {
    name: "a log whose times run backwards",
    forge: ({ records, chain, reseal }) => {
      records.at(-1).at = "2026-11-20T09:00:00.000Z";
      chain(records);
      reseal();
    },
    ...bothSay(/record \d+ is earlier than the one before it/),
  },
  {
    name: "an approval that came after the POST",
    forge: ({ records, seals, chain, reseal }) => {
      const from = records.findIndex(({ event }) => event === "approved");
      for (const each of records.slice(from)) each.at = "2026-11-20T10:05:00.000Z";
      seals[0].at = "2026-11-20T10:05:00.000Z";
      chain(records);
      reseal();
    },
    ...bothSay(/has the approval by lead after \S+ was submitted/),
  },
];

function finishedIn(year: number): Forgery {
  return {
    name: `a run that finished in ${year}`,
    forge: ({ seals }) => (seals[0].finishedAt = `${year}-01-01T00:00:00.000Z`),
    ...bothSay(/has the time when the run finished in no possible order/),
  };
}

function inEntry(member: string, value: string): Forgery {
  return {
    name: `another ${member} in an entry`,
    forge: ({ entries, chain, reseal }) => {
      entries[0][member] = value;
      chain(entries);
      reseal();
    },
    ...bothSay(new RegExp(`entry 1 has another ${member} than seal-1\\.json`)),
  };
}

function inState([seal]: Loose[], state: string): Loose {
  return seal.sequences.find((each: Loose) => each.state === state);
}

function bothSay(says: RegExp): Pick<Forgery, "says" | "saysInPython"> {
  return { says, saysInPython: says };
}
