import type { NewNotice, Store } from "@pratique/store";
import { linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

/** Records that a host sent and that were not taken. */
interface RefusedRecords {
  readonly host: string;
  readonly logId: string;
  readonly nowMs: number;
}

/** Where and when records of a host contradicted what is held of its log. */
export interface ForkedLog extends RefusedRecords {
  /** The last record that is held. */
  readonly acknowledged: number;
}

/** Where and when a host sent a record that is not what its hash was taken over. */
export interface AlteredRecord extends RefusedRecords {
  readonly sequence: number;
}

/** Tells that the record of a host is not what it was: once for each place in its log. */
export function forkedNotice(store: Store, forked: ForkedLog, origin: Origin): Promise<NewNotice> {
  const { host, logId, acknowledged } = forked;
  return problemNotice(store, forked, origin, {
    once: `audit.problem/${logId}/${acknowledged}`,
    title: `The record of ${host} contradicts what the server holds of it`,
    found: `Up to record ${acknowledged} of the log ${logId}, something was changed, removed, or written twice.`,
  });
}

/** Tells that a host sent something else than its log held when it was written: once for each record. */
export function alteredNotice(store: Store, altered: AlteredRecord, origin: Origin): Promise<NewNotice> {
  const { host, logId, sequence } = altered;
  return problemNotice(store, altered, origin, {
    once: `audit.problem/${logId}/altered/${sequence}`,
    title: `A record that ${host} sent is not what its hash was taken over`,
    found: `Record ${sequence} of the log ${logId} was changed: on the host, or on its way here.`,
  });
}

interface Found {
  readonly once: string;
  readonly title: string;
  readonly found: string;
}

async function problemNotice(
  { settings }: Store,
  { host, nowMs }: RefusedRecords,
  origin: Origin,
  { once, title, found }: Found,
): Promise<NewNotice> {
  const [known] = await settings.watch.hosts([host]);
  return noticeOf(
    {
      id: once,
      kind: "audit.problem",
      severity: "critical",
      labels: known?.labels ?? {},
      title,
      text: linesOf(
        found,
        "Nothing of it was taken; what the server held before stays as it was.",
        "What to do: keep the files of that host as they are, and there:  pratique audit verify",
      ),
      subject: { kind: "host", id: host },
      link: linkTo(origin, "hosts", host),
      time: new Date(nowMs).toISOString(),
      dedupKey: once,
    },
    once,
  );
}
