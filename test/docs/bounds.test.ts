import { describe, expect, it } from "vitest";
import { page, section, tableIn } from "./markdown.ts";
import { flowing, numberIn, written } from "./numbers.ts";

const ACCEPT = "shared/workflow/accept";
const LOOK_UPS = "shared/store/look-up-machines.ts";
const VIEW = "shared/workflow/view";
const BODY = "shared/incident/read-body.ts";
const PACE = "shared/limits/pace";
const MIB = 2 ** 20;

/** Where a bound is, what a page says of it with `#` in its place, and in which unit. */
type Said = readonly [file: string, constant: string, page: string, phrase: string, unit: number];
type Unitless = readonly [file: string, constant: string, page: string, phrase: string];

const SAID: readonly (Said | Unitless)[] = [
  [BODY, "MAX_BODY_BYTES", "docs/api.md", "the body has more than # bytes"],
  [BODY, "MAX_BODY_BYTES", "docs/api.md", "It has at most # bytes and "],
  [BODY, "MAX_BODY_BYTES", "README.md", "| body of a webhook | # MiB", MIB],
  [BODY, "MAX_BODY_BYTES", "SECURITY.md", "A body has at most # MiB", MIB],
  ["shared/incident/bounds.ts", "MAX_MACHINES", "docs/api.md", "bytes and # machines"],
  ["shared/incident/bounds.ts", "MAX_PROBLEMS", "docs/api.md", "at most # for an incident"],
  [LOOK_UPS, "IDS_PER_CALL", "docs/api.md", "One call asks for # ids"],
  [LOOK_UPS, "LABELS_PER_CALL", "docs/api.md", "ids or for # names"],
  [`${ACCEPT}/receive-incident.ts`, "KEY_CHARACTERS_MAX", "docs/api.md", "1 to # visible ASCII"],
  [`${ACCEPT}/accept.ts`, "WRITTEN_AT_ONCE_MAX", "docs/ledger.md", "For up to # machines"],
  ["shared/incident/generic.ts", "MAX_VALUE_CHARACTERS", "docs/api.md", "at most # characters"],
  [
    "shared/plan/profile/profile-schema.ts",
    "MAX_COMMANDS",
    "README.md",
    "| commands in a profile | #",
  ],
  ["shared/access/replays.ts", "JIRA_DELIVERIES_MAX", "docs/api.md", "answers # such requests"],
  ["shared/access/replays.ts", "JIRA_DELIVERIES_MAX", "SECURITY.md", "A host answers it # times"],
  ["shared/access/authenticate.ts", "SECRETS_TRIED_MAX", "docs/api.md", "at most # secrets"],
  ["shared/access/authenticate.ts", "SECRETS_TRIED_MAX", "docs/settings.md", "at most # secrets"],
  ["shared/access/authenticate.ts", "SECRETS_TRIED_MAX", "SECURITY.md", "at most # hashes"],
  ["shared/access/caller.ts", "MAX_CALLERS", "docs/settings.md", "at most # callers"],
  ["shared/access/caller.ts", "MAX_SECRETS", "docs/settings.md", "| `hmac` | 1 to # secrets"],
  ["shared/access/machine-scope.ts", "MAX_RULES", "docs/settings.md", "at most # rules"],
  ["shared/access/machine-scope.ts", "MAX_VALUES", "docs/settings.md", "at most # values"],
  ["shared/ledger/outbox/notice.ts", "TARGETS_MAX", "docs/callbacks.md", "at most # targets"],
  ["shared/ledger/outbox/notice.ts", "TARGETS_PER_CALLER_MAX", "docs/callbacks.md", "), # at most"],
  ["shared/outbound/callbacks.ts", "ANSWER_BYTES_MAX", "docs/callbacks.md", "at most # KiB", 1_024],
  [
    "shared/ledger/sequence/intake.ts",
    "SEQUENCES_PER_INTAKE",
    "docs/ledger.md",
    "up to # accepted",
  ],
  ["shared/ledger/sequence/impersonation.ts", "IMPERSONATIONS_MAX", "docs/api.md", "the first #:"],
  [`${PACE}/impersonators.ts`, "IMPERSONATORS_MAX", "docs/api.md", "at most a #:"],
  ["shared/workflow/collect/fetch-result.ts", "EXCERPT_CHARACTERS", "docs/api.md", "cut to # char"],
  [`${VIEW}/describe-run.ts`, "POSITIONS_MAX", "docs/api.md", "null beyond the first #"],
  [`${VIEW}/describe-callbacks.ts`, "SHOWN_MAX", "docs/api.md", "the first # dead ones"],
  [`${VIEW}/describe-results.ts`, "COUNTED_MAX", "docs/api.md", "Counts stop at #"],
  [`${VIEW}/read-audit.ts`, "PAGE", "docs/api.md", "up to # records"],
  ["shared/defender/ask.ts", "MAX_ANSWER_BYTES", "SECURITY.md", "answer has at most # MiB", MIB],
  ["shared/defender/ask.ts", "MAX_PAGE_BYTES", "SECURITY.md", "a page of a list # MiB", MIB],
  ["shared/http/streamed-response.ts", "MAX_BYTES", "SECURITY.md", "a result # GiB", 1_024 * MIB],
  [
    "shared/evidence/digest.ts",
    "MAX_INNER_BYTES",
    "docs/evidence.md",
    "more than # GiB",
    1_024 * MIB,
  ],
  [
    "shared/workflow/submit/claim.ts",
    "CLAIMS_PER_COMMIT",
    "docs/decisions/013-audit-logs.md",
    "at most # seq",
  ],
  ["local/start.ts", "MACHINES", "README.md", "a simulated Defender with # machines"],
];

describe("the pages", () => {
  it.each(
    SAID.map(([file, constant, path, phrase, unit = 1]): Said => [
      file,
      constant,
      path,
      phrase,
      unit,
    ]),
  )("have the bound of %s, %s: %s says “%s”", (file, constant, path, phrase, unit) => {
    const forms = written(numberIn(file, constant) / unit);
    const said = forms.filter((form) => flowing(path).includes(phrase.replace("#", form)));
    expect([forms, said]).not.toEqual([forms, []]);
  });

  it("have the bounds of a body's JSON", () => {
    const [, depth = "", members = ""] =
      /depth: (\d+), members: ([\d_]+)/.exec(flowing(BODY)) ?? [];
    const most = Number(members.replace("_", "")).toLocaleString("en-US");
    const said = `is nested more than ${depth} deep, has more than ${most} keys and elements`;
    expect(flowing("docs/api.md")).toContain(said);
    expect(flowing("SECURITY.md")).toContain(`${depth} levels and ${most} keys`);
  });
});

describe("the measured figures of the README", () => {
  it("are those of the page about benchmarks", () => {
    const rows = page("docs/benchmarks.md").match(/^\|.*\|$/gm) ?? [];
    const known = new Set(rows.flatMap((row) => row.split("|").slice(3).flatMap(figuresIn)));
    const shown = tableIn(section(page("README.md"), "Measured")).flatMap(([, ...cells]) => cells);
    expect(shown.flatMap(figuresIn).length).toBeGreaterThan(25);
    expect(shown.flatMap(figuresIn).filter((figure) => !known.has(figure))).toEqual([]);
  });
});

function figuresIn(text: string): string[] {
  return text.match(/\d[\d,.]*\d|\d/g) ?? [];
}
