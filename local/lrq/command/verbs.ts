import { evidence } from "../record/evidence.ts";
import { audit } from "../record/audit.ts";
import { exportVerb } from "../record/export.ts";
import { join } from "../record/join.ts";
import { verifyVerb } from "../record/verify.ts";
import { login } from "../place/login.ts";
import { whoami } from "../place/whoami.ts";
import { attention } from "../queue/attention.ts";
import { callbacks } from "../queue/callbacks.ts";
import { pause } from "../queue/pause.ts";
import { queue } from "../queue/queue.ts";
import { replayCallbacks } from "../queue/replay-callbacks.ts";
import { resume } from "../queue/resume.ts";
import { status } from "../queue/status.ts";
import { approve } from "../runs/approve.ts";
import { cancel } from "../runs/cancel.ts";
import { machine } from "../runs/machine.ts";
import { retry } from "../runs/retry.ts";
import { runs } from "../runs/runs.ts";
import { show } from "../runs/show.ts";
import { submit } from "../runs/submit.ts";
import { watch } from "../runs/watch.ts";
import { sweepChanges } from "../sweeps/changes.ts";
import { sweepCoverage } from "../sweeps/coverage.ts";
import { sweepList, sweepShow } from "../sweeps/list.ts";
import {
  sweepApply,
  sweepPause,
  sweepPreview,
  sweepRerun,
  sweepResume,
  sweepStart,
  sweepStop,
} from "../sweeps/steer.ts";
import { sweepRows } from "../sweeps/rows.ts";
import { sweepStack } from "../sweeps/stack.ts";
import { backup, restore } from "../upkeep/backup.ts";
import { doctorVerb } from "../upkeep/doctor.ts";
import { libraryVerbs } from "../upkeep/library.ts";
import { smokeVerb } from "../upkeep/smoke.ts";
import type { VerbGroup } from "./program.ts";

/** All commands of lrq, in the order of its help. */
export const VERB_GROUPS: readonly VerbGroup[] = [
  { heading: "Runs", verbs: [submit, runs, show, machine, watch, approve, cancel, retry] },
  {
    heading: "The queue",
    verbs: [status, attention, queue, pause, resume, callbacks, replayCallbacks],
  },
  { heading: "Evidence", verbs: [evidence, join, exportVerb, verifyVerb, audit] },
  {
    heading: "Sweeps",
    verbs: [
      sweepList,
      sweepShow,
      sweepApply,
      sweepPreview,
      sweepStart,
      sweepPause,
      sweepResume,
      sweepStop,
      sweepRerun,
      sweepCoverage,
      sweepRows,
      sweepStack,
      sweepChanges,
    ],
  },
  { heading: "You", verbs: [login, whoami] },
  { heading: "Upkeep", verbs: [doctorVerb, smokeVerb, ...libraryVerbs, backup, restore] },
];
