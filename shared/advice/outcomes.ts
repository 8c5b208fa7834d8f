import { goesOn, needsPerson } from "./advice.ts";

const READ_FIRST = "Read the script's own words; mend the script or its parameters, then retry.";

/** How a sequence ended, if not well. A refusal of Defender's has Defender's code instead. */
export const OUTCOMES = {
  actionFailed: needsPerson(
    "Defender reports the action as failed, and names no command.",
    "Retry it; if it fails again, look at the machine in the portal's action center.",
  ),
  actionLost: needsPerson(
    "Defender does not know the action any more.",
    "Look for it in the portal's action center before you retry: it may have run.",
  ),
  approvalExpired: needsPerson(
    "Nobody approved it before the deadline.",
    "Send the incident again if it is still wanted, and have somebody ready who approves.",
  ),
  cancelled: goesOn("Somebody cancelled it.", "Retry it if that was a mistake."),
  commandFailed: needsPerson(
    "One of its commands failed, and those after it did not run.",
    "Read Defender's words about the command, mend what they name, then retry.",
  ),
  putFileFailed: needsPerson(
    "A file of the library could not be put on the machine.",
    "See with `lrq library status` whether the file is there; see whether the disk is full.",
  ),
  runScriptFailed: needsPerson(
    "Defender could not run a script, or it did not end in time.",
    "See with `lrq library status` whether the script is there. An unsigned PowerShell script " +
      "needs the advanced feature for unsigned scripts. A script has 10 minutes.",
  ),
  getFileFailed: needsPerson(
    "A file could not be fetched from the machine.",
    "See whether the path is right and the file is there. For a locked, sparse or empty file use " +
      "the profile collect-file-zipped.",
  ),
  commandTimedOut: needsPerson(
    "Defender timed it out; a command may have run.",
    "See what it left on the machine, then retry, with less to do if it was too much.",
  ),
  expired: needsPerson(
    "It waited until its expiry and could not run.",
    "If the machine is back and it is still wanted, retry.",
  ),
  interrupted: needsPerson(
    "The machine came online while lrq gave the action up; commands may have run.",
    "See what ran, then retry.",
  ),
  notKnown: needsPerson(
    "Defender gave no list for so long that nobody knows how it ended.",
    "Look for it in the portal's action center before you retry: it may have run.",
  ),
  notReached: needsPerson(
    "The machine did not come online in time.",
    "Have somebody turn the machine on or connect it, then retry.",
  ),
  otherMachine: needsPerson(
    "Defender says that the machine is not the one that the sender described.",
    "Look the machine up in the portal, and send the incident with the right id.",
  ),
  outOfScope: needsPerson(
    "The scope does not allow this machine.",
    "If it should, change SCOPE; then send the incident again.",
  ),
  resultUnavailable: needsPerson(
    "Defender says that a result does not exist, or no longer.",
    "Retry if the result is needed; a file that was not there cannot be fetched.",
  ),
  scriptFailed: needsPerson("Defender ran the script, and the script itself failed.", READ_FIRST),
};

export type OutcomeCode = keyof typeof OUTCOMES;
