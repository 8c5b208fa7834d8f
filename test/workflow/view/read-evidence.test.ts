import { wholeFor } from "../../access/reaching.ts";
import { expect, it } from "vitest";
import { openEvidence } from "../../../shared/workflow/view/read-evidence.ts";
import { SEQUENCE_ID } from "../../ledger/a-sequence.ts";
import { openCollecting } from "../collecting.ts";

it("a stored result that has another size than its record is given to nobody", async () => {
  const script = { type: "RunScript", fileName: null, chunks: [Buffer.from("{}")] } as const;
  const collecting = await openCollecting([script]);
  await collecting.collect();
  const which = { sequenceId: SEQUENCE_ID, index: 0 };
  const examiner = wholeFor("examiner");
  expect(await openEvidence(collecting.ports(), which, examiner)).toMatchObject({ size: 2 });
  const swapped = collecting.ports((ports) => ({
    ...ports,
    evidence: {
      ...ports.evidence,
      open: async (path) => {
        const there = await ports.evidence.open(path);
        return there === null ? null : { ...there, size: 3 };
      },
    },
  }));
  await expect(openEvidence(swapped, which, examiner)).rejects.toThrow(
    "has 3 bytes; recorded are 2",
  );
});
