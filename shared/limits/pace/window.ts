import { unstampedMs, type Limits } from "./limits.ts";

/**
 * One of the calls of a window. It is reserved before the POST and stamped after its answer, so the
 * stamp is never earlier than the arrival at Defender. The slot is used again one window after its
 * stamp. So Defender never sees eleven calls in one window, whatever the network or a host's clock
 * does.
 */
export interface Slot {
  readonly sequenceId: string;
  readonly reservedAtMs: number;
  /** Null while there is no answer yet, and for good if its process died. */
  readonly stampedAtMs: number | null;
}

/** When the slot may be used again. */
export function freeAtMs(slot: Slot, limits: Limits): number {
  return slot.stampedAtMs === null
    ? slot.reservedAtMs + unstampedMs(limits)
    : slot.stampedAtMs + limits.windowMs;
}

/** The slots that still count at `earliestMs`; the others can be removed. */
export function takenSlots(slots: readonly Slot[], earliestMs: number, limits: Limits): Slot[] {
  return slots.filter((slot) => freeAtMs(slot, limits) > earliestMs);
}

/** When the next slot opens if all are taken, or `earliestMs` if one is open now. */
export function nextSlotAtMs(slots: readonly Slot[], earliestMs: number, limits: Limits): number {
  const taken = takenSlots(slots, earliestMs, limits);
  if (taken.length < limits.callsPerWindow) return earliestMs;
  const opening = taken.map((slot) => freeAtMs(slot, limits)).sort((a, b) => a - b);
  return opening[taken.length - limits.callsPerWindow] ?? earliestMs;
}

/**
 * The slots after the answer to a POST came, at `latestMs` at the latest. The slot of the POST is
 * the one reserved at `reservedAtMs`; without that, the newest of the sequence. If the slot is gone
 * already, nothing changes.
 */
export function stamped(
  slots: readonly Slot[],
  sequenceId: string,
  latestMs: number,
  reservedAtMs: number | null,
): Slot[] {
  const answered = unanswered(slots, sequenceId, reservedAtMs);
  return slots.map((slot) => (slot === answered ? { ...slot, stampedAtMs: latestMs } : slot));
}

/** The slots without the one reserved for a POST that certainly was never sent. */
export function unreserved(
  slots: readonly Slot[],
  sequenceId: string,
  reservedAtMs: number | null,
): Slot[] {
  const unsent = unanswered(slots, sequenceId, reservedAtMs);
  return slots.filter((slot) => slot !== unsent);
}

/**
 * The slot of an attempt whose process died may exist beside that of the next attempt. So the
 * sequence alone is not enough to find one.
 */
function unanswered(
  slots: readonly Slot[],
  sequenceId: string,
  reservedAtMs: number | null,
): Slot | undefined {
  return slots.findLast(
    (slot) =>
      slot.sequenceId === sequenceId &&
      slot.stampedAtMs === null &&
      (reservedAtMs === null || slot.reservedAtMs === reservedAtMs),
  );
}
