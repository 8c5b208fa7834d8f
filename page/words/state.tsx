/** How a state looks; the word is always there too. */
const LOOKS: Readonly<Record<string, string>> = {
  running: "busy",
  open: "busy",
  submitted: "busy",
  claimed: "busy",
  waiting: "waits",
  unconfirmed: "unsure",
  succeeded: "well",
  ok: "well",
  stored: "well",
  Completed: "well",
  failed: "bad",
  Failed: "bad",
  timedOut: "bad",
  refused: "bad",
  unavailable: "bad",
  expired: "bad",
  paused: "bad",
  cancelled: "off",
  owed: "waits",
  held: "waits",
  sent: "busy",
  reached: "well",
  scriptFailed: "bad",
  offline: "bad",
  skipped: "bad",
  new: "waits",
};

const WORDS: Readonly<Record<string, string>> = {
  timedOut: "timed out",
  Created: "not begun",
  held: "not seen lately",
  sent: "under way",
  inHand: "about to be sent",
  scriptFailed: "script failed",
  recent: "reached lately",
  laterRound: "in a later round",
  again: "to be asked again",
};

/** The word of a state, with its colour. */
export function State({ of }: { readonly of: string }) {
  return <span class={`state ${LOOKS[of] ?? "off"}`}>{WORDS[of] ?? of}</span>;
}
