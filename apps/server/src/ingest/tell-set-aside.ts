import type { RecordsSetAside } from "@pratique/bus";
import type { NewNotice } from "@pratique/store";
import { linesOf, linkTo, noticeOf } from "../notifications/notice.ts";
import type { BusParts } from "./bus-parts.ts";

/** As long as the name of a log may be: a subject that somebody else wrote to may be longer. */
const MAX_LOG_ID = 64;

/** Puts down in the server's log, and tells people, which records of a host left the bus without having been stored. */
export async function tellSetAside(
  { logId, reason, cause, records, messages }: RecordsSetAside,
  parts: BusParts,
): Promise<void> {
  const id = logId.slice(0, MAX_LOG_ID);
  parts.log.error(
    { logId: id, reason, messages, ...records, ...(cause !== undefined && { err: cause }) },
    "records were set aside",
  );
  await parts.ledger.add({
    class: "host",
    action: "records.set-aside",
    actor: { id: "server", kind: "system", method: "none" },
    subject: { kind: "record", id },
    stage: "fact",
    data: { reason, messages, ...records },
  });
  await parts.store.settings.notices.add(
    [await noticeOfSetAside({ logId: id, reason, ...(records !== undefined && { records }) }, parts)],
    parts.now(),
  );
}

async function noticeOfSetAside(
  { logId, reason, records }: Pick<RecordsSetAside, "logId" | "reason" | "records">,
  { store, origin, now }: BusParts,
): Promise<NewNotice> {
  const [known] = records === undefined ? [] : await store.settings.watch.hosts([records.host]);
  const time = new Date(now()).toISOString();
  // A host sends them again, and again they may be refused: once a day is enough.
  const once = `audit.problem/${logId}/set-aside/${time.slice(0, 10)}`;
  const whose = records === undefined ? `the log ${logId}` : records.host;
  return noticeOf(
    {
      id: once,
      kind: "audit.problem",
      severity: "critical",
      labels: known?.labels ?? {},
      title: `Records of ${whose} could not be stored`,
      text: linesOf(
        records === undefined
          ? `A message of the log ${logId} was set aside: ${reason}.`
          : `Records ${records.from} to ${records.to} of the log ${logId} were set aside: ${reason}.`,
        "A copy is kept in NATS, and the host is asked for what the server does not hold.",
        "What to do: see in the audit log whether they were received since.",
      ),
      subject: records === undefined ? { kind: "record", id: logId } : { kind: "host", id: records.host },
      link: records === undefined ? linkTo(origin, "audit") : linkTo(origin, "hosts", records.host),
      time,
      dedupKey: once,
    },
    once,
  );
}
