import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Line } from "../../local/columns.ts";
import { openScreen, rowsTaken } from "../../local/screen.ts";

const ESC = "\u001b";

function aTerminal(columns: number, rows: number) {
  const writes: string[] = [];
  const terminal = { columns, rows, write: (text: string) => writes.push(text) };
  return { terminal, writes };
}

function lines(...texts: readonly string[]): Line[] {
  return texts.map((text) => [{ tone: "plain", text }]);
}

describe("a block on a terminal", () => {
  it("is one write, drawn over the one before it, line over line", () => {
    const { terminal, writes } = aTerminal(80, 24);
    const screen = openScreen(terminal, false);
    screen.draw(lines("one", "two"));
    screen.draw(lines("one", "three"));
    expect(writes).toHaveLength(2);
    expect(writes[0]).toContain(`one${ESC}[K\r\ntwo${ESC}[K\r\n`);
    expect(writes[1]).toContain(`\r${ESC}[2Aone${ESC}[K\r\nthree${ESC}[K\r\n`);
  });

  it("is not drawn again when nothing has changed", () => {
    const { terminal, writes } = aTerminal(80, 24);
    const screen = openScreen(terminal, false);
    screen.draw(lines("one"));
    screen.draw(lines("one"));
    expect(writes).toHaveLength(1);
  });

  it("gives the cursor back, once, and only if it was taken", () => {
    const { terminal, writes } = aTerminal(80, 24);
    openScreen(terminal, false).close();
    expect(writes).toEqual([]);
    const screen = openScreen(terminal, false);
    screen.draw(lines("one"));
    expect(writes[0]).toContain(`${ESC}[?25l`);
    screen.close();
    screen.close();
    expect(writes.slice(1)).toEqual([`${ESC}[?25h`]);
  });

  it("stays within the terminal in both directions", () => {
    const { terminal, writes } = aTerminal(10, 3);
    openScreen(terminal, false).draw(lines("far too long a line", "two", "three", "four"));
    expect(writes[0]).toContain(`far too …${ESC}[K`);
    expect(writes[0]).not.toContain("three");
  });

  it("takes a terminal of unknown size for one of 80 columns", () => {
    const { terminal, writes } = aTerminal(0, 0);
    openScreen(terminal, false).draw(lines("x".repeat(100)));
    expect(writes[0]).toContain(`${"x".repeat(78)}…${ESC}[K`);
  });
});

describe("rowsTaken", () => {
  it("counts the rows of lines that a narrower terminal has wrapped", () => {
    expect(rowsTaken([10, 0, 25], 80)).toBe(3);
    expect(rowsTaken([10, 0, 25], 10)).toBe(5);
  });

  it("is never less than the number of lines", () => {
    const widths = fc.array(fc.nat(500));
    fc.assert(
      fc.property(widths, fc.integer({ min: 1, max: 300 }), (drawn, columns) => {
        expect(rowsTaken(drawn, columns)).toBeGreaterThanOrEqual(drawn.length);
      }),
    );
  });
});
