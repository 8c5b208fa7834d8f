/** The states that there are, and how many sequences are in each. */
export function countWords(counts: Readonly<Record<string, number>>): string {
  const there = Object.entries(counts).filter(([state, count]) => state !== "total" && count > 0);
  const states = there.map(([state, count]) => `${count} ${state}`).join(", ");
  return states === "" ? "none" : states;
}
