import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paintFor, wantsColour } from "../../local/colours.ts";
import { columnsOf, cut, fit, renderLine, type Line } from "../../local/columns.ts";

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const columns = fc.integer({ min: 0, max: 60 });
const uncoloured = paintFor(false);

describe("columnsOf", () => {
  it("counts wide characters as two columns and combining marks as none", () => {
    expect(columnsOf("pc-0101")).toBe(7);
    expect(columnsOf("日本")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
    expect(columnsOf("👩‍💻")).toBe(2);
  });
});

describe("cut", () => {
  it("leaves alone what fits", () => {
    expect(cut("running", 7)).toBe("running");
  });

  it("marks what it cuts off", () => {
    expect(cut("collecting", 5)).toBe("coll…");
    expect(cut("日本語", 4)).toBe("日…");
  });

  it("never gives more columns than there are", () => {
    fc.assert(
      fc.property(text, columns, (shown, width) => {
        expect(columnsOf(cut(shown, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("fit", () => {
  it("gives exactly the columns asked for, whatever the text", () => {
    fc.assert(
      fc.property(text, columns, fc.constantFrom("start", "end"), (shown, width, align) => {
        expect(columnsOf(fit(shown, width, align))).toBe(width);
      }),
    );
  });

  it("puts the blanks where it is told", () => {
    expect(fit("12 s", 6)).toBe("12 s  ");
    expect(fit("12 s", 6, "end")).toBe("  12 s");
  });
});

describe("renderLine", () => {
  const line: Line = [
    { tone: "strong", text: "pc-0101  " },
    { tone: "busy", text: "running" },
  ];

  it("cuts behind the last column it may use", () => {
    expect(renderLine(line, 12, uncoloured)).toBe("pc-0101  ru…");
    expect(renderLine(line, 16, uncoloured)).toBe("pc-0101  running");
    expect(renderLine(line, 9, uncoloured)).toBe("pc-0101 …");
  });

  it("does not count trailing blanks", () => {
    expect(renderLine([{ tone: "plain", text: "done    " }], 4, uncoloured)).toBe("done");
  });

  it("keeps colours outside the counted columns", () => {
    const painted = renderLine(line, 12, paintFor(true));
    expect(painted).toBe("\u001b[1mpc-0101  \u001b[0m\u001b[36mru…\u001b[0m");
  });

  it("never gives more columns than there are", () => {
    const spans = fc.array(text, { maxLength: 4 });
    fc.assert(
      fc.property(spans, columns, (texts, width) => {
        const spans = texts.map((shown) => ({ tone: "plain", text: shown }) as const);
        expect(columnsOf(renderLine(spans, width, uncoloured))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("wantsColour", () => {
  it("wants colours only on a terminal, and not with NO_COLOR", () => {
    expect(wantsColour(true, {})).toBe(true);
    expect(wantsColour(false, {})).toBe(false);
    expect(wantsColour(true, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColour(true, { NO_COLOR: "" })).toBe(true);
    expect(wantsColour(true, { TERM: "dumb" })).toBe(false);
  });
});
