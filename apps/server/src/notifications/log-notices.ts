import type { NewNotice } from "@pratique/store";
import type { ExporterLag } from "../audit/log-exports.ts";
import type { WitnessState } from "../audit/witness-board.ts";
import { linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

/** How the server's log is, as far as others have a part in it. */
export interface LogState {
  readonly exporters: readonly ExporterLag[];
  readonly witnesses: readonly WitnessState[];
}

/** An export that is behind by more is no longer prompt. */
export const MAX_EXPORT_LAG_SECONDS = 300;

/** What somebody should hear of the server's log. Told once a day as long as it is so. */
export function logNotices(
  { exporters, witnesses }: LogState,
  nowMs: number,
  origin: Origin,
): readonly NewNotice[] {
  const behind = exporters.filter(
    ({ exporter, seconds }) => exporter.enabled && seconds > MAX_EXPORT_LAG_SECONDS,
  );
  const refusing = witnesses.filter(({ state }) => state === "refuses");
  return [
    ...behind.map((lag) => exportNotice(lag, nowMs, origin)),
    ...refusing.map((witness) => witnessNotice(witness, nowMs, origin)),
  ];
}

function exportNotice({ exporter, entries }: ExporterLag, nowMs: number, origin: Origin): NewNotice {
  const { id, name, lastError } = exporter;
  return aboutLog({
    kind: "export.failing",
    key: id,
    severity: "high",
    title: `The export of the audit log to ${JSON.stringify(name)} is behind`,
    text: linesOf(
      lastError ?? undefined,
      `${entries} entries wait, the oldest for longer than ${MAX_EXPORT_LAG_SECONDS / 60} minutes. None is lost: they are tried again.`,
      "What to do: see whether the receiver is there; its address and secrets are in the settings.",
    ),
    subject: { kind: "exporter", id },
    link: linkTo(origin, "settings", "exports"),
    nowMs,
  });
}

function witnessNotice({ name, detail }: WitnessState, nowMs: number, origin: Origin): NewNotice {
  return aboutLog({
    kind: "audit.problem",
    key: `witness/${name}`,
    severity: "critical",
    title: `The witness ${name} knows another history of the audit log`,
    text: linesOf(
      detail,
      "Either an old backup was restored, or somebody has changed the log.",
      "What to do: keep the database as it is, and compare it with a checkpoint that was kept elsewhere:  pratique-audit verify --earlier",
    ),
    subject: { kind: "witness", id: name },
    link: linkTo(origin, "audit"),
    nowMs,
  });
}

interface AboutLog {
  readonly kind: string;
  readonly key: string;
  readonly severity: "critical" | "high";
  readonly title: string;
  readonly text: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly link: string;
  readonly nowMs: number;
}

function aboutLog({ kind, key, nowMs, ...said }: AboutLog): NewNotice {
  const time = new Date(nowMs).toISOString();
  const once = `${kind}/${key}/${time.slice(0, 10)}`;
  return noticeOf({ ...said, id: once, kind, labels: {}, time, dedupKey: once }, once);
}
