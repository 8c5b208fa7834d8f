/** Something that is to happen at an instant of virtual time. */
interface ScheduledEvent {
  readonly atMs: number;
  readonly act: () => void;
}

/** Events by time; those of one instant in the order they were added. */
export interface EventHeap {
  add(event: ScheduledEvent): void;
  /** The next event, or null; it stays. */
  peek(): ScheduledEvent | null;
  /** The next event, or null; it is taken out. */
  take(): ScheduledEvent | null;
}

interface Node extends ScheduledEvent {
  readonly number: number;
}

/** A binary heap: adding and taking cost the logarithm of how many wait. */
export function createEventHeap(): EventHeap {
  const nodes: Node[] = [];
  let added = 0;
  return {
    add: ({ atMs, act }) => {
      nodes.push({ atMs, act, number: added });
      added += 1;
      rise(nodes, nodes.length - 1);
    },
    peek: () => nodes[0] ?? null,
    take: () => {
      const first = nodes[0];
      const last = nodes.pop();
      if (first === undefined || last === undefined) return null;
      if (nodes.length > 0) {
        nodes[0] = last;
        sink(nodes, 0);
      }
      return first;
    },
  };
}

function rise(nodes: Node[], from: number): void {
  let index = from;
  while (index > 0) {
    const parent = (index - 1) >>> 1;
    if (!swapIfEarlier(nodes, index, parent)) return;
    index = parent;
  }
}

function sink(nodes: Node[], from: number): void {
  let index = from;
  while (2 * index + 1 < nodes.length) {
    const left = 2 * index + 1;
    const earliest = isEarlier(nodes[left + 1], nodes[left]) ? left + 1 : left;
    if (!swapIfEarlier(nodes, earliest, index)) return;
    index = earliest;
  }
}

function swapIfEarlier(nodes: Node[], index: number, above: number): boolean {
  const lower = nodes[index];
  const upper = nodes[above];
  if (lower === undefined || upper === undefined || !isEarlier(lower, upper)) return false;
  nodes[index] = upper;
  nodes[above] = lower;
  return true;
}

function isEarlier(a: Node | undefined, b: Node | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}
