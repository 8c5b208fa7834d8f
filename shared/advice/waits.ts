import { goesOn, needsPerson } from "./advice.ts";

/** Why a sequence waits, or why lrq cannot see what it does. */
export const WAITS = {
  next: goesOn("It goes after the sequences in front of it."),
  facts: goesOn(
    "Defender has not said yet what the machine is; lrq asks before it sends anything.",
  ),
  token: goesOn("All calls of the window are used; it waits for the next free slot."),
  session: goesOn(
    "All sessions are taken, or the free ones are reserved for urgent work.",
    "Wait; or cancel what is not urgent, or end sessions in the portal that nobody needs.",
  ),
  throttled: goesOn(
    "Defender answered 429, and everything waits.",
    "Wait. If it happens often, another program uses live response in the tenant: find it, or " +
      "lower DEFENDER_CALLS_PER_MINUTE.",
  ),
  unreachable: goesOn(
    "No connection to Defender was ready in time; lrq tries one every few seconds.",
    "If it lasts, look at the network of the app, and at the health of the service.",
  ),
  unwatched: goesOn(
    "lrq has started as many sequences as it may without a new list from Defender.",
    "If it lasts, see why Defender gives no list: `lrq doctor`.",
  ),
  paused: needsPerson(
    "Somebody paused all submissions.",
    "Ask who paused it; `lrq resume` lets the queue go on.",
  ),
  machineHeld: goesOn("Another sequence of lrq holds the machine; it goes when that one ends."),
  machineBusy: goesOn(
    "Somebody else has a live response session on the machine.",
    "Wait; or ask whoever has the session in the portal to end it.",
  ),
  offline: goesOn(
    "The machine did not answer.",
    "Wait until it is online; or have somebody turn it on or connect it, or cancel it.",
  ),
  lockedOut: needsPerson(
    "Defender lets lrq do nothing: there is no token, or it refuses a kind of call.",
    "Do what `lrq doctor` says about the call that is refused; lrq tries again by itself.",
  ),
  libraryDrift: needsPerson(
    "A file of the library is not as pinned, or is not there.",
    "Find out who changed it. `lrq library apply` brings back the pinned file; if the change is " +
      "yours, pin it with `lrq library pull`.",
  ),
  libraryUnknown: needsPerson(
    "Defender does not say what the library holds, so lrq cannot check the scripts.",
    "Give the app Library.Manage, or bring a list with `lrq library list`.",
  ),
  approval: needsPerson(
    "It needs an approval before its deadline.",
    "Look at the plan and approve it with `lrq approve`, or cancel the run.",
  ),
  canary: goesOn("It waits for the first sequences of its run to succeed."),
  runPaused: needsPerson(
    "Its run paused itself after failures.",
    "See what failed; then `lrq resume RUN`, or cancel the run.",
  ),
  unanswered: goesOn(
    "The answer to its POST was none of Defender's; lrq looks for its action.",
    "Wait. If it happens often, look for a proxy between the app and Defender.",
  ),
  notListed: goesOn("Defender took it, and no list has shown its action yet."),
  setAside: needsPerson(
    "This version of the app cannot read the budget, and submits nothing.",
    "Run the version of the app that wrote it; docs/runbooks/rows-set-aside.md says how.",
  ),
  notBefore: goesOn("It waits until a set time."),
};

export type WaitCode = keyof typeof WAITS;
