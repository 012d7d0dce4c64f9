import type { NewNotice, Store } from "@pratique/store";
import { linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

/** Where and when records of a host contradicted what is held of its log. */
export interface ForkedLog {
  readonly host: string;
  readonly logId: string;
  /** The last record that is held. */
  readonly acknowledged: number;
  readonly nowMs: number;
}

/** Tells that the record of a host is not what it was: once for each place in its log. */
export async function forkedNotice(
  { settings }: Store,
  { host, logId, acknowledged, nowMs }: ForkedLog,
  origin: Origin,
): Promise<NewNotice> {
  const [known] = await settings.watch.hosts([host]);
  const once = `audit.problem/${logId}/${acknowledged}`;
  return noticeOf(
    {
      id: once,
      kind: "audit.problem",
      severity: "critical",
      labels: known?.labels ?? {},
      title: `The record of ${host} contradicts what the server holds of it`,
      text: linesOf(
        `Up to record ${acknowledged} of the log ${logId}, something was changed, removed, or written twice.`,
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
