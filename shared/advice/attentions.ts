import { needsPerson } from "./advice.ts";

/** What wants a person and is about no sequence that waits or has ended. */
export const ATTENTIONS = {
  noList: needsPerson(
    "Actions of lrq are open, and Defender has given no list for a quarter of an hour.",
    "See with `lrq doctor` whether the app reaches Defender, and whether its timer runs.",
  ),
  rowSetAside: needsPerson(
    "This version of the app cannot read a row, and leaves it as it is.",
    "Run the version of the app that wrote it; docs/runbooks/rows-set-aside.md says how.",
  ),
  poison: needsPerson(
    "The host has given up messages, because their handling failed five times.",
    "Find in the app's log why, mend that, then delete the messages; docs/runbooks/poison.md says how.",
  ),
  roundPaused: needsPerson(
    "A round of a sweep has paused itself, and sends nothing more.",
    "See with `lrq sweeps show NAME` what failed and mend it, then resume the round or stop it.",
  ),
  roundShort: needsPerson(
    "A round of a sweep is over and has reached fewer machines than its coverage asks for.",
    "See with `lrq sweeps coverage NAME` which and why; `lrq sweeps rerun NAME` asks them again.",
  ),
  callbackDead: needsPerson(
    "A callback was tried for the last time and was not delivered.",
    "Mend the receiver, then send it again; docs/runbooks/callbacks-dead.md says how.",
  ),
};
