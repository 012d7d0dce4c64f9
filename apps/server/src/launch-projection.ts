import { type LaunchEntry, type LaunchReason, launchRecordData, showLaunch } from "@pratique/api";
import type { AuditRecord } from "@pratique/core";
import type { LaunchOutcome, LaunchProjection, StoredLaunch } from "@pratique/store";
import { exceptionHintFor } from "./exception-hint.ts";

type RecordData = ReturnType<typeof launchRecordData.parse>;
type Placed = "id" | "sequence" | "recordHash" | "time" | "host";

/**
 * What a record tells of a launch: undefined where it tells of none, `unreadable` where it should and cannot be
 * read.
 */
export function projectLaunch(record: AuditRecord): LaunchProjection | "unreadable" | undefined {
  if (record.class !== "verdict" || record.data.stage !== "launch") return undefined;
  const parsed = launchRecordData.safeParse(record.data);
  if (!parsed.success) return "unreadable";
  const document = documentOf(record, parsed.data);
  return {
    decision: document.decision,
    outcome: document.outcome,
    image: document.image,
    ...(document.imageId !== undefined && { imageId: document.imageId }),
    ...(document.containerId !== undefined && { containerId: document.containerId }),
    words: [
      document.container,
      document.containerId ?? "",
      ...document.reasons.map(({ policy, rule }) => `${policy}/${rule}`),
    ],
    document,
  };
}

/** Puts a stored launch together again. */
export function launchEntryOf({ document, ...place }: StoredLaunch): LaunchEntry {
  const { id, sequence, recordHash, time, host } = place;
  return showLaunch.reply.parse({ ...document, id, sequence, recordHash, time, host });
}

function documentOf(record: AuditRecord, data: RecordData): Omit<LaunchEntry, Placed> {
  const { decision, stage, policyRevision, imageId, verdict, launch, evidence } = data;
  const image = launch?.image || verdict?.subject.image || imageId || "";
  const containerId = launch?.containerId ?? "";
  return {
    decision,
    outcome: outcomeOf(data),
    action: launch?.action ?? record.action,
    stage,
    container: launch?.name || verdict?.subject.container || containerId.slice(0, SHORT_ID),
    ...(containerId !== "" && { containerId }),
    image,
    ...(imageId !== null && { imageId }),
    caller: record.actor,
    policyRevision,
    ...(verdict !== undefined && { assessment: verdict.assessment.state }),
    assessmentReasons: verdict?.assessment.reasons ?? [],
    reasons: (verdict?.violations ?? []).toSorted(byWeight).map((violation) => reasonOf(violation, image)),
    ...(evidence?.verdict !== undefined && { evidence: evidence.verdict }),
  };
}

const SHORT_ID = 12;

function outcomeOf({ decision, mode, verdict }: RecordData): LaunchOutcome {
  if (decision === "deny") return mode === "enforce" ? "denied" : "observed";
  const visible = verdict?.violations.some(({ enforcement }) => enforcement !== "dry-run") ?? false;
  return visible ? "warned" : "allowed";
}

type Violation = NonNullable<RecordData["verdict"]>["violations"][number];

const weights: Readonly<Record<Violation["enforcement"], number>> = { enforce: 0, warn: 1, "dry-run": 2 };

/** What decided comes first; what an exception lifted comes last. Otherwise the order of the policies stays. */
function byWeight(left: Violation, right: Violation): number {
  const lifted = Number(left.waivedBy !== undefined) - Number(right.waivedBy !== undefined);
  return lifted || weights[left.enforcement] - weights[right.enforcement];
}

function reasonOf(violation: Violation, image: string): LaunchReason {
  const { policy, rule, waivedBy } = violation;
  return {
    ...violation,
    ...(waivedBy === undefined && { exceptionHint: exceptionHintFor({ policy, rule, image }) }),
  };
}
