import { app } from "@azure/functions";
import { watchAnswers } from "./back-pressure.ts";
// The whole app: each import registers its function with the host.
import "./approve-run.ts";
import "./attention.ts";
import "./cancel-all.ts";
import "./cancel-run.ts";
import "./collect-again.ts";
import "./collect-results.ts";
import "./doctor.ts";
import "./drain-sequences.ts";
import "./health.ts";
import "./incident-webhook.ts";
import "./library.ts";
import "./list-evidence.ts";
import "./list-runs.ts";
import "./now.ts";
import "./openapi.ts";
import "./page.ts";
import "./pause.ts";
import "./poll-actions.ts";
import "./read-audit.ts";
import "./read-evidence.ts";
import "./read-manifest.ts";
import "./read-queue.ts";
import "./read-run.ts";
import "./read-seals.ts";
import "./reconcile.ts";
import "./replay-callbacks.ts";
import "./resume-run.ts";
import "./resume.ts";
import "./send-callbacks.ts";
import "./sequences.ts";
import "./status.ts";
import "./whoami.ts";

// Evidence can be 3 GB. Without this the library would keep all of it in memory before it answers.
app.setup({ enableHttpStream: true });
watchAnswers();
