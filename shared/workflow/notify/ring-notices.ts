import { noticeIdIn, noticeKey, noticesDueBy } from "../../ledger/row/keys.ts";
import type { Ports } from "../../ports.ts";
import { noticeSchema } from "../../ledger/outbox/notice.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { noteSetAside } from "../../store/set-aside.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { commitOnce } from "../../store/transact.ts";

type RingPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** Of those that are due, the longest due first; more is left to the next poll. */
const RUNG_MAX = 50;
/**
 * Nobody has sent it by then: the message was lost, or its handler died. Longer than a try may
 * take, of whose time a minute is the most (CALLBACK_TIMEOUT_SECONDS).
 */
const SEND_LATE_MS = 180_000;

/**
 * Rings for the callbacks that are due. Each is moved to a later time first: of two that want to
 * ring one does, and a message that is lost is rung for again then. Waiting is done here and in no
 * message: one that is invisible for a day would count when the platform scales. `read` is the open
 * work as it was read just now; null reads anew. Returns how many were rung.
 */
export async function ringNotices(
  ports: RingPorts,
  read: Outstanding | null = null,
): Promise<number> {
  const { ledger, bells, clock } = ports;
  const nowMs = clock.earliest();
  const range = noticesDueBy(nowMs);
  const due =
    read === null
      ? await ledger.list(range.from, range.before, RUNG_MAX)
      : await rowsWithin(ledger, read, range, RUNG_MAX);
  // One that cannot be read stays where it is: whoever was rung for could not read it either.
  const { readable, aside } = sorted(noticeSchema, due);
  for (const each of aside) await noteSetAside(ports, each);
  let rung = 0;
  for (const { row } of readable) {
    const noticeId = noticeIdIn(row.key);
    const dueAtMs = Math.floor(nowMs) + SEND_LATE_MS;
    const isOwn = await commitOnce({ ledger }, [
      { op: "delete", key: row.key, etag: row.etag },
      { op: "insert", key: noticeKey(dueAtMs, noticeId), body: row.body },
    ]);
    if (!isOwn) continue;
    await bells.ringCallback({ noticeId, dueAtMs });
    rung += 1;
  }
  return rung;
}
