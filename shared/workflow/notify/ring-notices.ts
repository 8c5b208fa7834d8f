import { noticeIdIn, noticeKey, noticesDueBy } from "../../ledger/row/keys.ts";
import type { Ports, Row } from "../../ports.ts";
import { noticeSchema } from "../../ledger/outbox/notice.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { noteSetAside } from "../../store/set-aside.ts";
import { rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { commitOnce } from "../../store/transact.ts";

type RingPorts = Pick<Ports, "ledger" | "bells" | "clock" | "random" | "log">;

/** Of each family, the notices that are due longest; the next poll rings for the rest. */
const RUNG_MAX = 50;
/**
 * If nobody has sent it by then, the message was lost or its handler died. It is longer than a try
 * may take, which is a minute at most (CALLBACK_TIMEOUT_SECONDS).
 */
const SEND_LATE_MS = 180_000;

/**
 * Rings for the callbacks that are due. It moves each to a later time first: so only one of two
 * callers rings, and if the message is lost, the poll rings again at that time. A callback waits
 * here and not in a message, because the platform would count a message that is invisible for a day
 * when it scales. `read` is the open work as it was read just now; null reads it again. Returns how
 * many it rang for.
 */
export async function ringNotices(
  ports: RingPorts,
  read: Outstanding | null = null,
): Promise<number> {
  const { ledger, bells, clock } = ports;
  const nowMs = clock.earliest();
  const due: Row[] = [];
  for (const range of noticesDueBy(nowMs)) {
    const rows =
      read === null
        ? await ledger.list(range.from, range.before, RUNG_MAX)
        : await rowsWithin(ledger, read, range, RUNG_MAX);
    due.push(...rows);
  }
  // One that cannot be read stays where it is; its handler could not read it either.
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
