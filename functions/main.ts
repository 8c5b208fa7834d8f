// The whole app: each import registers its function with the host.
import "./cancel-run.ts";
import "./collect-results.ts";
import "./drain-sequences.ts";
import "./health.ts";
import "./incident-webhook.ts";
import "./pause.ts";
import "./poll-actions.ts";
import "./read-evidence.ts";
import "./read-manifest.ts";
import "./read-run.ts";
import "./reconcile.ts";
import "./resume.ts";
import "./status.ts";
